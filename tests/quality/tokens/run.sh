#!/bin/sh
# The estimate of tokens against counts of two vocabularies (counted.txt). The factor of a model, which is learned from
# the usage that it reports, is tested in tests/unit/test_llm.c.
exec "$BUILD/quality/tokens" tests/quality/tokens/counted.txt
