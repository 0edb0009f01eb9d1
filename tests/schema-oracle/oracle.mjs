// Answers one line of JSON a question: {"valid": schema, "then": schema, "documents": […]} asks which documents are valid against the
// first, in its closed form, and invalid against the second: {"tested": how many were valid, "wrong": [index…]}.
import { createInterface } from "node:readline";
import Ajv2020 from "ajv/dist/2020.js";

const list = ["allOf", "anyOf", "oneOf"];
const maps = ["$defs", "definitions"];

// The closed form refuses members that no keyword describes (docs/drift-rules.md, What is proved): a caller sends what the schema
// describes, and a schema that is silent about further members does not ask for them.
function close(schema, inPlace = false) {
  if (typeof schema !== "object") return schema;
  const closed = { ...schema };
  for (const key of ["properties", "patternProperties"]) if (closed[key]) closed[key] = mapped(closed[key], value => close(value));
  for (const key of ["items", "additionalProperties"]) if (closed[key]) closed[key] = close(closed[key]);
  if (closed.prefixItems) closed.prefixItems = closed.prefixItems.map(value => close(value));
  for (const key of list) if (closed[key]) closed[key] = closed[key].map(value => close(value, true));
  for (const key of maps) if (closed[key]) closed[key] = mapped(closed[key], value => close(value, true));
  if (!inPlace) closed.unevaluatedProperties ??= false;
  return closed;
}

function mapped(map, change) {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function compile(schema) {
  return new Ajv2020({ strict: false, validateFormats: false, logger: false, validateSchema: false, addUsedSchema: false }).compile(schema);
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { valid, then, documents } = JSON.parse(line);
    const [first, second] = [compile(close(valid)), compile(then)];
    let tested = 0;
    const wrong = [];
    documents.forEach((document, index) => {
      if (!first(document)) return;
      tested++;
      if (!second(document)) wrong.push(index);
    });
    process.stdout.write(JSON.stringify({ tested, wrong }) + "\n");
  } catch (error) {
    process.stdout.write(JSON.stringify({ tested: 0, wrong: [], error: error.message }) + "\n");
  }
}
