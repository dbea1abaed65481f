// graphql.mjs SCHEMA DOCUMENT...: each document is valid against the schema. One line for each problem.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const require = createRequire(pathToFileURL(process.cwd() + '/build/npm/'));
const { buildSchema, parse, validate, Source } = require('graphql');

const [schemaFile, ...files] = process.argv.slice(2);
let bad = 0;
const say = (file, e) => {
  const at = e.locations?.[0];
  console.log(`${file}:${at?.line ?? 1}: ${e.message}`);
  bad++;
};

let schema;
try {
  schema = buildSchema(new Source(readFileSync(schemaFile, 'utf8'), schemaFile));
} catch (e) {
  say(schemaFile, e);
  process.exit(1);
}
let operations = 0;
for (const file of files) {
  try {
    const doc = parse(new Source(readFileSync(file, 'utf8'), file));
    operations += doc.definitions.filter((d) => d.kind === 'OperationDefinition').length;
    for (const e of validate(schema, doc)) say(file, e);
  } catch (e) {
    say(file, e);
  }
}
if (!bad) console.log(`   ${files.length} documents, ${operations} operations valid`);
process.exit(bad ? 1 : 0);
