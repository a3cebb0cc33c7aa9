/** The connector socket against the real server, which is killed and drained meanwhile. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConnectorSocket, QueueFull, SocketClosed, SocketRefused, type ConnectorOptions, type Delivery } from "../src/index.js";
import { type Company, pause, Server, until } from "./server.js";

let server: Server, company: Company;
before(async () => {
  server = await Server.begin();
  company = await server.company();
  await company.available();
});
after(() => server.remove());

function message(channel: string, thread: string, number: number) {
  return { channel, thread, id: `${thread}-${number}`, from: { id: `of ${thread}` }, text: `${number}` };
}
function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${number}`);
}
async function connected(token: string, options: Partial<ConnectorOptions> = {}) {
  const backoff = { firstMs: 20, mostMs: 200 };
  const socket = new ConnectorSocket({ url: server.url, token, connector: "client-test/1", backoff, ...options });
  const welcome = await socket.start();
  return { socket, welcome };
}

test("results say what became of each message", async () => {
  const { channel, token } = await company.channel();
  const { socket } = await connected(token);
  const [first, again, foreign] = [message(channel, "r", 0), message(channel, "r", 0), message("chn_0000000000000", "r", 1)];
  assert.deepEqual(await socket.publish([first]), [{ id: "r-0", status: "accepted" }]);
  const results = await socket.publish([again, foreign, message(channel, "r", 2)]);
  assert.deepEqual(results.map((result) => result.status), ["duplicate", "rejected", "accepted"]);
  assert.equal(results[1]?.status === "rejected" && results[1].code, "not_found");
  assert.deepEqual(await socket.publish([{ ...first, id: "large", text: "x".repeat(1 << 20) }]), [
    { id: "large", status: "rejected", code: "too_large", detail: "no frame has room for it" },
  ]);
  assert.equal(socket.pending, 0);
  socket.close();
});

test("more than all credit is published in order, and a full queue refuses", async () => {
  const { channel, token } = await company.channel();
  const { socket } = await connected(token, { queueMax: 9000 });
  const all = numbers(9000).map((_, number) => message(channel, "flood", number));
  const done = socket.publish(all);
  await assert.rejects(socket.publish([message(channel, "flood", 9001)]), QueueFull);
  await socket.room();
  assert.ok(socket.pending <= 4500);
  assert.ok((await done).every((result) => result.status === "accepted"));
  assert.deepEqual(await company.texts("flood"), numbers(9000));
  socket.close();
});

test("killed with -9 in the middle, three times: nothing lost, nothing doubled, nothing out of order", async () => {
  const { channel, token } = await company.channel();
  let welcomes = 0;
  const { socket } = await connected(token, { welcomed: () => ++welcomes });
  const threads = ["a", "b", "c", "d"];
  const published: Promise<unknown>[] = [];
  let stop = false;
  const talking = (async () => {
    for (let number = 0; !stop; ++number) {
      await socket.room();
      published.push(socket.publish(threads.map((thread) => message(channel, thread, number)), `${number}`));
      if (number % 20 === 0) await pause(1);
    }
  })();
  for (let kills = 1; kills <= 3; ++kills) {
    const before = published.length;
    await until(() => published.length > before + 200, "messages between kills");
    await server.killAndStart();
    await until(() => welcomes > kills, "the connector comes back");
  }
  stop = true;
  await talking;
  await Promise.all(published);
  for (const thread of threads) assert.deepEqual(await company.texts(thread), numbers(published.length), thread);
  socket.close();
  const { socket: next, welcome } = await connected(token);
  assert.equal(welcome.channels[0]?.offset, `${published.length - 1}`);
  next.close();
});

test("each channel keeps an offset of its own", async () => {
  const one = await company.channel(), two = await company.channel();
  const { token } = await company.api.post("/v1/tokens", {
    body: { kind: "connector", name: "both", channels: [one.channel, two.channel] },
  });
  const { socket } = await connected(token);
  await Promise.all([
    socket.publish([message(one.channel, "o1", 0)], "one 0"),
    socket.publish([message(two.channel, "o2", 0)], "two 0"),
    socket.publish([message(one.channel, "o1", 1)], "one 1"),
  ]);
  socket.close();
  const { socket: next, welcome } = await connected(token);
  const offsets = Object.fromEntries(welcome.channels.map((channel) => [channel.id, channel.offset]));
  assert.deepEqual(offsets, { [one.channel]: "one 1", [two.channel]: "two 0" });
  next.close();
});

test("a reply is carried out once, though the server is killed before it is told", async () => {
  const { channel, token } = await company.channel();
  const came: Delivery[] = [];
  let carriedOut = () => {};
  const deliver = (delivery: Delivery) => {
    came.push(delivery);
    return new Promise<"sent">((done) => (carriedOut = () => done("sent")));
  };
  let welcomes = 0;
  const { socket } = await connected(token, { deliver, welcomed: () => ++welcomes });
  await socket.publish([message(channel, "answered", 0)]);
  const { items } = await company.api.get("/v1/conversations", { query: { channel } });
  const path = { id: items[0]?.id ?? "" };
  await company.api.post("/v1/conversations/{id}/messages", { path, body: { text: "an answer" } });
  await until(() => came.length === 1, "the delivery");
  await server.killAndStart();
  await until(() => welcomes === 2, "the connector comes back");
  await pause(100);
  carriedOut();
  let status: unknown;
  for (let tries = 0; status !== "sent" && tries < 1000; ++tries) {
    const { items: history } = await company.api.get("/v1/conversations/{id}/history", { path });
    status = (history.find((entry) => (entry as { direction?: string }).direction === "out") as { status?: string }).status;
    await pause(10);
  }
  assert.equal(status, "sent");
  assert.deepEqual(came.map((delivery) => [delivery.thread, delivery.text]), [["answered", "an answer"]]);
  socket.close();
});

test("a reply that can't be carried out fails with its reason", async () => {
  const { channel, token } = await company.channel();
  const { socket } = await connected(token, { deliver: () => Promise.reject(new Error("the number is not known")) });
  await socket.publish([message(channel, "unheard", 0)]);
  const { items } = await company.api.get("/v1/conversations", { query: { channel } });
  const path = { id: items[0]?.id ?? "" };
  await company.api.post("/v1/conversations/{id}/messages", { path, body: { text: "an answer" } });
  let out: { status?: string; error?: string } | undefined;
  for (let tries = 0; out?.status !== "failed" && tries < 1000; ++tries) {
    const { items: history } = await company.api.get("/v1/conversations/{id}/history", { path });
    out = history.find((entry) => (entry as { direction?: string }).direction === "out") as typeof out;
    await pause(10);
  }
  assert.equal(out?.error, "the number is not known");
  socket.close();
});

test("a server that goes down in order is waited for, and what came meanwhile is published then", async () => {
  const { channel, token } = await company.channel();
  let drained = 0;
  const { socket } = await connected(token, { draining: () => ++drained });
  await socket.publish([message(channel, "drain", 0)]);
  const stopped = server.stop();
  await until(() => drained === 1, "the drain");
  const later = socket.publish([message(channel, "drain", 1)]);
  assert.equal(await stopped, 0);
  await server.start();
  assert.deepEqual(await later, [{ id: "drain-1", status: "accepted" }]);
  assert.deepEqual(await company.texts("drain"), ["0", "1"]);
  socket.close();
});

test("a token that isn't taken, and a close on this side, end everything with their reason", async () => {
  await assert.rejects(connected("nonsense"), (why: SocketRefused) => why.code === 4401);
  const { channel, token } = await company.channel();
  const { socket } = await connected(token);
  const published = socket.publish([message(channel, "closed", 0)]);
  socket.close();
  await assert.rejects(published, SocketClosed);
  await assert.rejects(socket.publish([message(channel, "closed", 1)]), SocketClosed);
});
