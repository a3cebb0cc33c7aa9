// A router as a team would write it in a week: a socket for each producer and agent, BullMQ on Redis between them.
// Usage: node router.js PORT REDIS_PORT AGENTS IN_FLIGHT. A producer's message is a text frame, answered with `{"ack":1}` when
// Redis has it; an agent (path /agent) gets it as a text frame and answers with any frame when it is done.
import { Queue, Worker } from 'bullmq';
import { WebSocketServer } from 'ws';

const [port, redisPort, agentsMax, inFlight] = process.argv.slice(2).map(Number);
const connection = { host: '127.0.0.1', port: redisPort };
const queue = new Queue('work', { connection, defaultJobOptions: { removeOnComplete: true } });

const agents = []; // each: its socket, and what waits for its answers, oldest first
const waiting = []; // jobs that found every agent busy
let turn = 0;

function free() {
  for (let i = 0; i < agents.length; ++i) {
    const one = agents[turn++ % agents.length];
    if (one.pending.length < inFlight) return one;
  }
  return undefined;
}

function give(to, { text, done }) {
  to.pending.push(done);
  to.socket.send(text);
}

const server = new WebSocketServer({ host: '127.0.0.1', port });
server.on('connection', (socket, request) => {
  if (request.url !== '/agent') {
    socket.on('message', async (data) => {
      await queue.add('message', { text: data.toString() });
      socket.send('{"ack":1}');
    });
    return;
  }
  const agent = { socket, pending: [] };
  agents.push(agent);
  socket.on('message', () => {
    agent.pending.shift()?.();
    const next = waiting.shift();
    if (next) give(agent, next);
  });
});

const worker = new Worker(
  'work',
  (job) =>
    new Promise((done) => {
      const one = { text: job.data.text, done };
      const agent = free();
      if (agent) give(agent, one);
      else waiting.push(one);
    }),
  { connection, concurrency: agentsMax * inFlight },
);
worker.on('error', (error) => console.error(error));
