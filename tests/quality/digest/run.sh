#!/bin/sh
# Logs drawn from templates (grouping), and a big log with rare telling lines in it (needles), through `healbot digest`.
exec "$BUILD/quality/digest" "$HEALBOT" $SEEDS
