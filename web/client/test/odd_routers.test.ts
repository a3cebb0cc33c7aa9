/** What the real server does seldom or never: gaps, tiny credit, results out of order, deliveries again, silence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentSocket, ConnectorSocket, type AgentEvent, type ConnectorOptions } from "../src/index.js";
import { FakeRouter } from "./fake_router.js";
import { pause, until } from "./server.js";

const channel = "chn_00000000000C1";
const backoff = { firstMs: 5, mostMs: 20 };
function message(number: number, other = channel) {
  return { channel: other, thread: "t", id: `m${number}`, from: { id: "c" }, text: `${number}` };
}
function welcome(credit: number) {
  return { op: "welcome", credit, max_batch: 3, max_frame: 1048576, channels: [{ id: channel, name: "c", type: "custom", on: true, offset: null }] };
}
async function connector(credit: number, options: Partial<ConnectorOptions> = {}) {
  const router = await FakeRouter.begin(() => welcome(credit));
  const socket = new ConnectorSocket({ url: router.url, token: "t", connector: "test/1", backoff, ...options });
  await socket.start();
  return { router, socket };
}
function idsIn(router: FakeRouter): string[][] {
  return router.of("publish").map((frame) => (frame["messages"] as { id: string }[]).map((one) => one.id));
}

test("never more messages are unacknowledged than there is credit, nor more in a frame than it may hold", async () => {
  const { router, socket } = await connector(5);
  const done = socket.publish([0, 1, 2, 3, 4, 5, 6, 7].map((number) => message(number)), "end");
  await until(() => idsIn(router).flat().length === 5, "five messages");
  await pause(50);
  assert.deepEqual(idsIn(router), [["m0", "m1", "m2"], ["m3", "m4"]]);
  router.send({ op: "ack", seq: 1, credit: 1, results: [] });
  await until(() => idsIn(router).length === 3, "one more");
  router.send({ op: "ack", seq: 3, credit: 5, results: [] });
  await until(() => idsIn(router).flat().length === 8, "the rest");
  assert.deepEqual(router.of("publish").map((frame) => frame["offset"]), [undefined, undefined, undefined, "end"]);
  router.send({ op: "ack", seq: 4, credit: 2, results: [] });
  assert.equal((await done).length, 8);
  socket.close();
  router.end();
});

test("results find their messages in any order", async () => {
  const { router, socket } = await connector(10);
  const one = socket.publish([message(0), message(1)]);
  const other = socket.publish([message(2)]);
  await until(() => idsIn(router).flat().length === 3, "the messages");
  const results = [{ id: "m2", status: "dropped" }, { id: "m0", status: "duplicate" }];
  router.send({ op: "ack", seq: 1, credit: 3, results });
  assert.deepEqual([...(await one), ...(await other)].map((result) => result.status), ["duplicate", "accepted", "dropped"]);
  socket.close();
  router.end();
});

test("what the router couldn't take just now is sent again, the rest isn't", async () => {
  const { router, socket } = await connector(10);
  const done = socket.publish([message(0), message(1)]);
  await until(() => idsIn(router).length === 1, "the messages");
  router.send({ op: "ack", seq: 1, credit: 2, results: [{ id: "m1", status: "rejected", code: "unavailable" }] });
  await until(() => idsIn(router).length === 2, "one again");
  assert.deepEqual(idsIn(router)[1], ["m1"]);
  router.send({ op: "ack", seq: 2, credit: 1, results: [] });
  assert.deepEqual((await done).map((result) => result.status), ["accepted", "accepted"]);
  socket.close();
  router.end();
});

test("frames that carry an offset hold messages of one channel", async () => {
  const { router, socket } = await connector(10);
  const other = "chn_00000000000C2";
  void socket.publish([message(0)], "a").catch(() => {});
  void socket.publish([message(1, other)], "b").catch(() => {});
  await until(() => idsIn(router).flat().length === 2, "the messages");
  assert.deepEqual(idsIn(router), [["m0"], ["m1"]]);
  socket.close();
  router.end();
});

test("a router that acknowledges nothing is left, and everything is sent again with a new count", async () => {
  const { router, socket } = await connector(10, { ackWithinMs: 100 });
  const done = socket.publish([message(0), message(1)]);
  await until(() => router.connections === 2 && idsIn(router).length === 2, "another connection");
  assert.deepEqual(idsIn(router), [["m0", "m1"], ["m0", "m1"]]);
  assert.deepEqual(router.of("publish").map((frame) => frame["seq"]), [1, 1]);
  router.send({ op: "ack", seq: 1, credit: 2, results: [] });
  await done;
  socket.close();
  router.end();
});

test("after a drain nothing is published until the next connection", async () => {
  const { router, socket } = await connector(10);
  router.send({ op: "drain", after_ms: 1000 });
  await pause(30);
  void socket.publish([message(0)]).catch(() => {});
  await pause(50);
  assert.equal(idsIn(router).length, 0);
  router.socket?.close(1012);
  await until(() => idsIn(router).length === 1, "the message on the next connection");
  assert.equal(router.connections, 2);
  socket.close();
  router.end();
});

test("a delivery that comes again is answered again and not carried out again", async () => {
  let carriedOut = 0;
  const { router, socket } = await connector(10, { deliver: () => (++carriedOut, { status: "failed", error: "no" }) });
  const delivery = { id: "msg_1", channel, thread: "t", to: { id: "c" }, text: "x", attempt: 1 };
  router.send({ op: "deliver", messages: [delivery] });
  await until(() => router.of("status").length === 1, "an answer");
  router.send({ op: "deliver", messages: [{ ...delivery, attempt: 2 }] });
  await until(() => router.of("status").length === 2, "another");
  assert.deepEqual(router.of("status").map((frame) => frame["statuses"]), Array(2).fill([{ id: "msg_1", status: "failed", error: "no" }]));
  assert.equal(carriedOut, 1);
  socket.close();
  router.end();
});

test("a missing event is noticed and asked for again; one that comes twice is handled once", async () => {
  const event = (number: number, prev = number - 1): AgentEvent =>
    ({ cursor: `${number}`, prev: `${prev}`, type: "conversation.updated", at: "", data: { conversation: { number } } }) as never;
  const router = await FakeRouter.begin((_, hello) => {
    const resumed = hello["cursor"] !== undefined;
    return { op: "welcome", user: {}, cursor: "0", resumed, availability: {}, open: [] };
  });
  const handled: string[] = [], gaps: (string | null)[] = [];
  const socket = new AgentSocket({
    url: router.url,
    token: "t",
    backoff,
    handle: (came) => void handled.push(came.cursor),
    gap: (expected, got) => gaps.push(expected, got.cursor),
  });
  await socket.start();
  router.send({ op: "events", events: [event(1), event(1), event(2)] });
  await until(() => handled.length === 2, "two events");
  router.send({ op: "events", events: [event(4)] });
  await until(() => router.of("hello").length === 2, "another connection");
  assert.equal(router.of("hello")[1]?.["cursor"], "2");
  await until(() => socket.connected, "the welcome");
  router.send({ op: "events", events: [event(3), event(4)] });
  await until(() => handled.length === 4, "all events");
  assert.deepEqual(handled, ["1", "2", "3", "4"]);
  assert.deepEqual(gaps, ["2", "4"]);
  assert.equal(router.of("ack").at(-1)?.["cursor"], "4");
  socket.close();
  router.end();
});

test("what is open in a welcome is acknowledged with its cursor, whether or not it resumed", async () => {
  const open = [{ id: "cnv_1" }];
  const router = await FakeRouter.begin((_, hello) =>
    ({ op: "welcome", user: {}, cursor: hello["cursor"] ?? "7", resumed: hello["cursor"] !== undefined, availability: {}, open }));
  let shown = 0;
  const socket = new AgentSocket({ url: router.url, token: "t", backoff, handle: () => undefined, welcomed: (welcome) => void (shown += welcome.open.length) });
  await socket.start();
  await until(() => router.of("ack").length === 1, "an acknowledgement");
  assert.equal(shown, 1);
  assert.equal(router.of("ack")[0]?.["cursor"], "7");
  socket.close();
  router.end();
});

test("after events that can't be resumed the next one follows the welcome's cursor", async () => {
  const router = await FakeRouter.begin(() => ({ op: "welcome", user: {}, cursor: "70", resumed: false, reason: "cursor_too_old", availability: {}, open: [] }));
  const handled: string[] = [];
  const socket = new AgentSocket({ url: router.url, token: "t", backoff, cursor: "3", handle: (came) => void handled.push(came.cursor) });
  assert.equal((await socket.start()).reason, "cursor_too_old");
  assert.equal(socket.cursor, "70");
  router.send({ op: "events", events: [{ cursor: "71", prev: "70", type: "conversation.updated", at: "", data: {} }] });
  await until(() => handled.length === 1, "the event");
  assert.equal(router.connections, 1);
  socket.close();
  router.end();
});
