// Holds recorded answers (a JSON object a line) against an OpenAPI description: validate.mjs DESCRIPTION FILE…
// Prints what is wrong by operation, then the operations that nobody called. Exits 1 if anything is wrong or nothing was checked.
// Run where its packages are installed.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(path.join(process.cwd(), "package.json"));
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const { parse } = require("yaml");

const METHODS = ["get", "put", "post", "delete", "patch"];
const [file, ...recorded] = process.argv.slice(2);
const description = parse(fs.readFileSync(file, "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
addFormats(ajv);
ajv.addSchema(description, "openapi");

const escaped = (part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** What a pointer such as #/components/schemas/user names. */
function at(pointer) {
  return pointer.slice(2).split("/").reduce((node, part) => node[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")], description);
}

/** A node and its pointer, behind all references. */
function resolved(pointer) {
  const node = at(pointer);
  return node?.$ref ? resolved(node.$ref) : { node, pointer };
}

const templates = Object.keys(description.paths).map((template) => ({ template, parts: template.split("/") }));

/** The path item's template: literal parts beat parameters. */
function templateOf(asked) {
  const parts = asked.split("?")[0].split("/");
  const open = (each) => each.parts.filter((part) => part.startsWith("{")).length;
  return templates
    .filter((each) => each.parts.length === parts.length && each.parts.every((part, i) => part === parts[i] || (part.startsWith("{") && parts[i] !== "")))
    .sort((a, b) => open(a) - open(b))[0]?.template;
}

/** All schemas that say something about the same value, each once. */
const known = new Map();
function alternatives(schema) {
  if (schema === null || typeof schema !== "object") return [];
  if (!known.has(schema)) {
    const further = [schema.$ref && at(schema.$ref), ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), schema.if, schema.then, schema.else];
    known.set(schema, [...new Set([schema, ...further.flatMap((each) => (each ? alternatives(each) : []))])]);
  }
  return known.get(schema);
}

const numbers = new Map();
const plans = new Map();

/** What schemas that hold for the same value say of what is in it: worked out once for each combination. */
function plan(schemas) {
  const numbered = schemas.map((each) => numbers.get(each) ?? numbers.set(each, numbers.size).get(each));
  const key = [...new Set(numbered)].sort().join();
  if (!plans.has(key)) {
    const all = [...new Set(schemas.flatMap(alternatives))];
    plans.set(key, {
      items: all.flatMap((each) => (each.items ? [each.items] : [])),
      free: all.some((each) => each.additionalProperties || each.patternProperties) || !all.some((each) => each.properties),
      extra: all.flatMap((each) => (typeof each.additionalProperties === "object" ? [each.additionalProperties] : [])),
      all,
      members: new Map(),
    });
  }
  return plans.get(key);
}

/** Members that no schema names. An object whose schemas name none is free, as is one with additionalProperties. */
function unnamed(schemas, value, where = "") {
  if (value === null || typeof value !== "object") return [];
  const { all, items, free, extra, members } = plan(schemas);
  if (Array.isArray(value)) return value.flatMap((item, i) => unnamed(items, item, `${where}/${i}`));
  return Object.entries(value).flatMap(([name, member]) => {
    if (!members.has(name)) members.set(name, all.flatMap((each) => (each.properties && Object.hasOwn(each.properties, name) ? [each.properties[name]] : [])));
    const named = members.get(name);
    if (named.length === 0 && !free) return [`${where}/${name} is named by no schema`];
    return unnamed(named.length > 0 ? named : extra, member, `${where}/${name}`);
  });
}

const validators = new Map();
function validator(pointer) {
  if (!validators.has(pointer)) validators.set(pointer, ajv.compile({ $ref: `openapi${pointer}` }));
  return validators.get(pointer);
}

/** Faults of a JSON body against the schema at a pointer. */
function faults(pointer, body) {
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    return ["the body isn't JSON"];
  }
  const valid = validator(pointer);
  const wrong = valid(value) ? [] : valid.errors.map((each) => `${each.instancePath || "/"} ${each.message}`);
  return [...wrong, ...unnamed([at(pointer)], value)];
}

const called = new Set();
let checked = 0;

/** [operation, faults] of an exchange; nothing for those that the description leaves out on purpose. */
function judged({ method, path: asked, status, content_type: type, body }) {
  if (method === "OPTIONS" || method === "HEAD" || status === 101) return undefined; // preflights, no body, sockets
  const problem = "#/components/schemas/problem";
  const template = templateOf(asked);
  const operation = template && description.paths[template][method.toLowerCase()];
  if (!operation) {
    // Unknown paths, unknown methods, the sockets' paths and the pages: a refusal is still a problem.
    return type === "application/problem+json" ? [`${method} (not described)`, faults(problem, body)] : undefined;
  }
  const name = `${method} ${template}`;
  called.add(operation.operationId);
  const code = operation.responses[status] ? String(status) : "default";
  if (!operation.responses[code] || (code === "default" && status < 400)) return [name, [`${status} is not described`]];
  const answer = resolved(`#/paths/${escaped(template)}/${method.toLowerCase()}/responses/${code}`);
  const media = answer.node.content;
  if (!media) return [name, body === "" ? [] : [`${status} has a body, none is described`]];
  const described = Object.keys(media).find((each) => each.split(";")[0] === type);
  if (!described) return [name, [`${status} is ${type || "without a type"}, described is ${Object.keys(media).join(" or ")}`]];
  if (!/[/+]json$/.test(type)) return [name, []]; // metrics, YAML and pages have no schema
  return [name, faults(`${answer.pointer}/content/${escaped(described)}/schema`, body).map((each) => `${status}: ${each}`)];
}

const wrong = new Map();
for (const each of recorded) {
  for await (const line of readline.createInterface({ input: fs.createReadStream(each), crlfDelay: Infinity })) {
    const verdict = judged(JSON.parse(line));
    if (!verdict) continue;
    checked += 1;
    for (const fault of verdict[1]) {
      const text = `${verdict[0]}: ${fault.replace(/\/\d+/g, "/*")}`;
      wrong.set(text, (wrong.get(text) ?? 0) + 1);
    }
  }
}

for (const [text, times] of [...wrong].sort()) console.log(`${text} (${times} times)`);
const silent = Object.values(description.paths).flatMap((item) => METHODS.flatMap((method) => (item[method] && !called.has(item[method].operationId) ? [item[method].operationId] : [])));
if (silent.length > 0) console.log(`never called: ${silent.join(", ")}`);
console.log(`${checked} answers checked, ${wrong.size} kinds of faults`);
process.exit(checked === 0 || wrong.size > 0 ? 1 : 0);
