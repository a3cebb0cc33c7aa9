/** The agent socket against the real server, which is killed meanwhile. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { AgentSocket, ConnectorSocket, ProblemError, type AgentEvent, type AgentOptions } from "../src/index.js";
import { type Company, pause, Server, until } from "./server.js";

let server: Server, company: Company, connector: ConnectorSocket, channel: string, token: string;
const backoff = { firstMs: 20, mostMs: 200 };
before(async () => {
  server = await Server.begin();
});
beforeEach(async () => {
  connector?.close();
  company = await server.company();
  await company.available();
  ({ channel, token } = await company.channel());
  connector = new ConnectorSocket({ url: server.url, token, connector: "client-test/1", backoff, deliver: () => "sent" });
  await connector.start();
});
after(() => {
  connector.close();
  server.remove();
});

function say(thread: string, number: number) {
  return connector.publish([{ channel, thread, id: `${thread}-${number}`, from: { id: thread }, text: `${number}` }]);
}
function agent(options: Partial<AgentOptions> & Pick<AgentOptions, "handle">): AgentSocket {
  return new AgentSocket({ url: server.url, token: company.token, backoff, ...options });
}
/** What is said in a conversation, whichever event brought it. */
function textOf(event: AgentEvent): string | undefined {
  if (event.type !== "assignment.created" && event.type !== "message.created") return undefined;
  return event.data.message.text;
}

test("every message comes once and in order, through three kills", async () => {
  const texts: string[] = [];
  let welcomes = 0, gaps = 0;
  const socket = agent({
    handle: (event) => {
      const text = textOf(event);
      if (text !== undefined) texts.push(text);
    },
    welcomed: (welcome) => assert.equal(welcome.resumed, ++welcomes > 1),
    gap: () => ++gaps,
  });
  await socket.start();
  let stop = false, said = 0;
  const talking = (async () => {
    for (; !stop; ++said) await say("t", said);
  })();
  for (let kills = 1; kills <= 3; ++kills) {
    const before = texts.length;
    await until(() => texts.length > before + 20, "messages between kills");
    await server.killAndStart();
    await until(() => welcomes > kills, "the agent comes back");
  }
  stop = true;
  await talking;
  await until(() => texts.length >= said, "all messages");
  await pause(100);
  assert.deepEqual(texts, Array.from({ length: said }, (_, number) => `${number}`));
  assert.equal(gaps, 0);
  socket.close();
});

test("another process goes on after the cursor", async () => {
  const first: string[] = [], second: string[] = [];
  const one = agent({ handle: (event) => void first.push(textOf(event) ?? event.type) });
  await one.start();
  await say("t", 0);
  await until(() => first.includes("0"), "the first message");
  one.close();
  assert.equal((await one.ended).name, "SocketClosed");
  await say("t", 1);
  const two = agent({ handle: (event) => void second.push(textOf(event) ?? event.type), ...(one.cursor ? { cursor: one.cursor } : {}) });
  assert.equal((await two.start()).resumed, true);
  await until(() => second.includes("1"), "the second message");
  assert.ok(!second.includes("0"));
  two.close();
});

test("an event is acknowledged only after it was handled", async () => {
  let handled = () => {};
  const waiting = new Promise<void>((done) => (handled = done));
  let began = 0;
  const socket = agent({
    handle: async (event) => {
      if (event.type !== "assignment.created") return;
      ++began;
      await waiting;
    },
  });
  const welcome = await socket.start();
  await say("t", 0);
  await until(() => began === 1, "the assignment");
  assert.equal(socket.cursor, welcome.cursor);
  await server.killAndStart(); // it comes again, and is not handled again
  await until(() => socket.connected, "the agent comes back");
  handled();
  await until(() => socket.cursor !== welcome.cursor, "the cursor moves on");
  await say("t", 1);
  assert.equal(began, 1);
  socket.close();
});

test("commands are answered, and refusals are problems", async () => {
  const socket = agent({ handle: () => {} });
  await socket.start();
  await say("t", 0);
  const { items } = await company.api.get("/v1/conversations");
  const conversation = items[0]?.id ?? "";
  const replied = await socket.command("reply", { conversation, text: "an answer" });
  assert.match(replied.message, /^msg_/);
  assert.equal((await socket.command("close", { conversation })).conversation.status, "closed");
  assert.equal((await socket.command("availability", { status: "away" })).status, "away");
  await assert.rejects(
    socket.command("close", { conversation: "cnv_0000000000000" }),
    (why: ProblemError) => why.code === "not_found",
  );
  socket.close();
});

test("a command that a kill left unanswered is answered, and said once", async () => {
  const socket = agent({ handle: () => {} });
  await socket.start();
  await say("t", 0);
  const { items } = await company.api.get("/v1/conversations");
  const conversation = items[0]?.id ?? "";
  const replies = Array.from({ length: 20 }, (_, number) => socket.command("reply", { conversation, text: `answer ${number}` }));
  await replies[0];
  await server.killAndStart();
  await Promise.all(replies);
  const texts = await company.texts("t");
  assert.deepEqual([...texts].sort(), ["0", ...replies.map((_, number) => `answer ${number}`)].sort());
  socket.close();
});

test("what a handler throws ends the socket, with the event not acknowledged", async () => {
  const socket = agent({
    handle: (event) => {
      if (event.type === "assignment.created") throw new Error("the screen is gone");
    },
  });
  const { cursor } = await socket.start();
  await say("t", 0);
  assert.equal((await socket.ended).message, "the screen is gone");
  assert.equal(socket.cursor, cursor);
  await assert.rejects(socket.command("availability", { status: "away" }), /the screen is gone/);
});

test("a watch shows the view as it moves, and again after a kill", async () => {
  const socket = agent({ handle: () => {} });
  await socket.start();
  await say("t", 0);
  const { items } = await company.api.get("/v1/conversations");
  const conversation = items[0]?.id ?? "", inbox = items[0]?.inbox ?? "";
  let rows: string[] = [], closed = -1, shown = 0;
  const watch = socket.watch({ inbox, status: "open" }, (now) => {
    rows = now.rows.map((row) => row.thread ?? "");
    closed = now.counts.closed;
    ++shown;
  });
  await until(() => rows.length === 1, "the first rows");
  await say("u", 0);
  await until(() => rows.length === 2, "a new row");
  assert.deepEqual(rows, ["u", "t"], "newest activity first");
  await socket.command("close", { conversation });
  await until(() => closed === 1, "the count of closed ones");
  assert.deepEqual(rows, ["u"]);
  const before = shown;
  await server.killAndStart();
  await until(() => shown > before, "the watch comes back");
  assert.deepEqual(rows, ["u"]);
  watch.close();
  const other = socket.watch({ inbox: "inb_0000000000000" }, () => assert.fail("shown"));
  assert.equal(((await other.ended) as ProblemError).code, "not_found");
  const last = socket.watch({ inbox }, () => {});
  socket.close();
  assert.equal((await last.ended).name, "SocketClosed");
});
