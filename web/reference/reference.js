const METHODS = ["get", "post", "put", "patch", "delete"];

/** What `{$ref}` in `spec` stands for; everything else stands for itself. */
function resolved(spec, part) {
  if (part === null || typeof part !== "object" || !("$ref" in part)) return part;
  const steps = part.$ref.replace(/^#\//, "").split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = steps.reduce((inside, step) => inside?.[step], spec);
  if (found === undefined) throw new Error(`${part.$ref} leads nowhere`);
  return resolved(spec, found);
}

function json(value) {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
}

/** A schema's kind in a few words, with links to those that have a name. */
function kindHtml(schema) {
  if (schema === undefined || schema === null || schema === true) return "anything";
  const named = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? "");
  if (named) return `<a href="#schema-${escapeHtml(named[1])}">${escapeHtml(named[1])}</a>`;
  if ("const" in schema) return `<code>${escapeHtml(JSON.stringify(schema.const))}</code>`;
  if (schema.enum) return schema.enum.map((word) => `<code>${escapeHtml(JSON.stringify(word))}</code>`).join(" or ");
  for (const several of ["oneOf", "anyOf"]) if (schema[several]) return schema[several].map(kindHtml).join(" or ");
  if (schema.allOf) return schema.allOf.filter((one) => one.$ref ?? one.type).map(kindHtml).join(" with ") || "an object";
  const words = [schema.type ?? (schema.properties ? "object" : "anything")].flat();
  return words.map((word) => (word === "array" ? `list of ${kindHtml(schema.items)}` : escapeHtml(word))).join(" or ");
}

/** What bounds a schema's values, in words. */
function boundsText(schema) {
  const words = [];
  const say = (key, before, after = "") => key in schema && words.push(`${before}${schema[key]}${after}`);
  say("format", "");
  say("minimum", "at least ");
  say("maximum", "at most ");
  say("minLength", "at least ", " characters");
  say("maxLength", "at most ", " characters");
  say("minItems", "at least ", " items");
  say("maxItems", "at most ", " items");
  say("pattern", "like ");
  if ("default" in schema) words.push(`default ${JSON.stringify(schema.default)}`);
  if (schema.readOnly) words.push("read only");
  return words.join(", ");
}

/** The objects' members of a schema that stand inside it, as a table; empty for anything without members. */
function membersHtml(spec, schema) {
  if (!schema || schema.$ref) return "";
  if (schema.type === "array" || schema.items) return membersHtml(spec, schema.items);
  const parts = [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].map((one) => membersHtml(spec, one)).join("");
  if (!schema.properties) return parts;
  const rows = Object.entries(schema.properties).map(([name, member]) => {
    const needed = schema.required?.includes(name) ? ' <em title="required">*</em>' : "";
    const bounds = boundsText(member ?? {});
    return `<tr><td><code>${escapeHtml(name)}</code>${needed}</td><td>${kindHtml(member)}${bounds ? `<small>${escapeHtml(bounds)}</small>` : ""}</td>
      <td>${markdown(member?.description)}${membersHtml(spec, member)}</td></tr>`;
  });
  return `<table class="members">${rows.join("")}</table>${parts}`;
}

function contentHtml(spec, content) {
  return Object.entries(content ?? {})
    .map(([type, media]) => {
      const examples = [media.example, ...Object.values(media.examples ?? {}).map((one) => one.value)].filter((one) => one !== undefined);
      return `<p class="kind">${kindHtml(media.schema)} <small>${escapeHtml(type)}</small></p>${membersHtml(spec, media.schema)}${examples.map(json).join("")}`;
    })
    .join("");
}

function parametersHtml(spec, all) {
  if (all.length === 0) return "";
  const rows = all.map((one) => {
    const bounds = boundsText(one.schema ?? {});
    return `<tr><td><code>${escapeHtml(one.name)}</code>${one.required ? ' <em title="required">*</em>' : ""}<small>${escapeHtml(one.in)}</small></td>
      <td>${kindHtml(one.schema)}${bounds ? `<small>${escapeHtml(bounds)}</small>` : ""}</td><td>${markdown(one.description)}</td></tr>`;
  });
  return `<h4>Parameters</h4><table class="members">${rows.join("")}</table>`;
}

function answersHtml(spec, responses) {
  return Object.entries(responses ?? {})
    .map(([status, ref]) => {
      const answer = resolved(spec, ref);
      const headers = Object.keys(answer.headers ?? {}).map((name) => `<code>${escapeHtml(name)}</code>`);
      const told = headers.length > 0 ? `<p class="kind">Headers: ${headers.join(", ")}</p>` : "";
      return `<details${status < 300 ? " open" : ""}><summary><b class="s${escapeHtml(status[0])}">${escapeHtml(status)}</b> ${inlineMarkdown(answer.description ?? "")}</summary>
        ${told}${contentHtml(spec, answer.content)}</details>`;
    })
    .join("");
}

/** A call as a shell has it. */
function curlText(spec, origin, method, path, call) {
  const lines = [`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} '${origin}${path}'`];
  if ((call.security ?? spec.security ?? []).length > 0) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  const media = Object.entries(resolved(spec, call.requestBody)?.content ?? {})[0];
  const example = media?.[1].example;
  if (media) lines.push(`-H 'Content-Type: ${media[0]}' -d '${JSON.stringify(example ?? {}).replaceAll("'", "'\\''")}'`);
  return lines.join(" \\\n  ");
}

function callHtml(spec, origin, method, path, item, call) {
  const parameters = [...(item.parameters ?? []), ...(call.parameters ?? [])].map((one) => resolved(spec, one));
  const body = resolved(spec, call.requestBody);
  return `<section class="call" id="${escapeHtml(call.operationId)}">
    <h3><b class="${method}">${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code></h3>
    <p class="summary">${inlineMarkdown(call.summary ?? "")}</p>${markdown(call.description)}
    ${parametersHtml(spec, parameters)}
    ${body ? `<h4>Body</h4>${markdown(body.description)}${contentHtml(spec, body.content)}` : ""}
    <h4>Answers</h4>${answersHtml(spec, call.responses)}
    <details><summary>From a shell</summary><pre>${escapeHtml(curlText(spec, origin, method, path, call))}</pre></details>
  </section>`;
}

/** The whole page of a description: its list of contents and its text, as HTML. Throws when a reference leads nowhere. */
function renderReference(spec, origin) {
  const calls = Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, item, call: item[method] })));
  const tags = spec.tags ?? [];
  const untagged = calls.filter(({ call }) => !tags.some((tag) => call.tags?.includes(tag.name)));
  const groups = tags.map((tag) => ({ ...tag, calls: calls.filter(({ call }) => call.tags?.[0] === tag.name) }));
  if (untagged.length > 0) groups.push({ name: "other", description: "", calls: untagged });
  const schemas = Object.entries(spec.components?.schemas ?? {});

  const contents = groups.map((group) => `<h2>${escapeHtml(group.name)}</h2><ul>${group.calls.map(({ method, path, call }) =>
    `<li><a href="#${escapeHtml(call.operationId)}" title="${escapeHtml(call.summary ?? "")}"><b class="${method}">${method}</b> ${escapeHtml(path)}</a></li>`).join("")}</ul>`).join("") +
    `<h2>schemas</h2><ul>${schemas.map(([name]) => `<li><a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a></li>`).join("")}</ul>`;
  const page = `<header><h1>${escapeHtml(spec.info.title)} <small>${escapeHtml(spec.info.version)}</small></h1>
    ${markdown(spec.info.description)}<p><a href="/v1/openapi.yaml">The description as OpenAPI ${escapeHtml(spec.openapi)}</a></p></header>` +
    groups.map((group) => `<h2>${escapeHtml(group.name)}</h2>${markdown(group.description)}` +
      group.calls.map(({ method, path, item, call }) => callHtml(spec, origin, method, path, item, call)).join("")).join("") +
    `<h2>schemas</h2>` +
    schemas.map(([name, schema]) => `<section class="schema" id="schema-${escapeHtml(name)}"><h3><code>${escapeHtml(name)}</code></h3>
      <p class="kind">${kindHtml(schema)} <small>${escapeHtml(boundsText(schema))}</small></p>${markdown(schema.description)}${membersHtml(spec, schema)}</section>`).join("");
  return { title: `${spec.info.title} HTTP reference`, contents, page };
}

/** Leaves what has every word of `wanted` in it. */
function filterEntries(wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter((word) => word !== "");
  for (const entry of document.querySelectorAll("nav li, section")) {
    const text = (entry.textContent + " " + (entry.firstElementChild?.title ?? "")).toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
  }
}

async function showReference() {
  const page = document.getElementById("page");
  try {
    const answer = await fetch("/v1/openapi.yaml");
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const shown = renderReference(parseYaml(await answer.text()), location.origin);
    document.title = shown.title;
    document.getElementById("contents").innerHTML = shown.contents;
    page.innerHTML = shown.page;
    document.getElementById("filter").addEventListener("input", (event) => filterEntries(event.target.value));
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  } catch (why) {
    page.textContent = `The description can't be shown: ${why.message}. It stands at /v1/openapi.yaml.`;
  }
}

if (typeof document !== "undefined") showReference();
