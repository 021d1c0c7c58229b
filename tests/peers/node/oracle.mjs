// Answers filters and PATCHes as other implementations do: one JSON document a line in, one a line out.
//
//     {"filter": TEXT, "resource": {...}}          -> {"holds": BOOLEAN}        scim2-parse-filter
//     {"operations": [...], "resource": {...}}     -> {"resource": {...}}       scim-patch
//
// What is refused is answered by {"error": TEXT}.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// The folder that the packages were installed into is the working folder.
const installed = createRequire(`${process.cwd()}/`);
const { parse, filter } = installed('scim2-parse-filter');
const { scimPatch, patchBodyValidation } = installed('scim-patch');

const answer = (asked) => {
  if (asked.filter !== undefined) {
    return { holds: filter(parse(asked.filter))(asked.resource) };
  }
  patchBodyValidation({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: asked.operations,
  });
  const options = { mutateDocument: false, treatMissingAsAdd: true };
  return { resource: scimPatch(asked.resource, asked.operations, options) };
};

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(answer(JSON.parse(line))));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.message ?? error) }));
  }
}
