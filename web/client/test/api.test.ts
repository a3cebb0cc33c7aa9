import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, ProblemError } from "../src/index.js";
import { type Company, Server } from "./server.js";

let server: Server, company: Company;
before(async () => {
  server = await Server.begin();
  company = await server.company();
});
after(() => server.remove());

test("a made resource is read back, changed by its version, and deleted", async () => {
  const made = await company.api.post("/v1/teams", { body: { name: "Ünïted" } });
  const path = { id: made.id };
  assert.deepEqual(await company.api.get("/v1/teams/{id}", { path }), made);
  const changed = await company.api.patch("/v1/teams/{id}", { path, body: { name: "Both" }, ifMatch: made.version });
  assert.equal(changed.name, "Both");
  await assert.rejects(
    company.api.patch("/v1/teams/{id}", { path, body: { name: "Late" }, ifMatch: made.version }),
    (why: ProblemError) => why.code === "version_conflict",
  );
  assert.equal(await company.api.delete("/v1/teams/{id}", { path }), undefined);
  await assert.rejects(company.api.get("/v1/teams/{id}", { path }), (why: ProblemError) => why.problem.status === 404);
});

test("pages follow each other by `next`", async () => {
  for (const name of ["one", "two", "three"]) await company.channel(name);
  const names: string[] = [];
  for (let next: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof read>> = await read(next);
    names.push(...page.items.map((channel) => channel.name));
    if ((next = page.next) === null) break;
  }
  assert.deepEqual(names, ["one", "two", "three"]);

  function read(next: string | null) {
    return company.api.get("/v1/inboxes/{id}/channels", { path: { id: company.inbox }, query: { limit: 2, ...(next ? { after: next } : {}) } });
  }
});

test("a refusal is a ProblemError with pointers, and no token is `unauthorized`", async () => {
  await assert.rejects(company.api.post("/v1/teams", { body: { name: " " } }), (why: ProblemError) => {
    assert.equal(why.code, "invalid");
    assert.equal(why.problem.errors?.[0]?.pointer, "/name");
    return true;
  });
  await assert.rejects(new Api(server.url).get("/v1/account"), (why: ProblemError) => why.code === "unauthorized");
});

test("the same Idempotency-Key makes one", async () => {
  const asked = { body: { name: "Only" }, idempotencyKey: "once" };
  const [one, other] = [await company.api.post("/v1/teams", asked), await company.api.post("/v1/teams", asked)];
  assert.equal(one.id, other.id);
});
