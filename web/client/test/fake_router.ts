/** A router that does what the test tells it, to show what the real one never does. */
import { type WebSocket, WebSocketServer } from "ws";

type Frame = Record<string, unknown> & { op: string };

export class FakeRouter {
  private readonly listening: WebSocketServer;
  /** What came, over all connections, hello included. */
  readonly frames: Frame[] = [];
  connections = 0;
  socket: WebSocket | undefined;

  private constructor(greet: (router: FakeRouter, hello: Frame) => object) {
    this.listening = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: (offered) => [...offered][0] ?? false });
    this.listening.on("connection", (socket) => {
      ++this.connections;
      this.socket = socket;
      socket.on("message", (text) => {
        const frame = JSON.parse(String(text)) as Frame;
        this.frames.push(frame);
        if (frame.op === "hello") this.send(greet(this, frame));
      });
    });
  }

  static async begin(greet: (router: FakeRouter, hello: Frame) => object): Promise<FakeRouter> {
    const router = new FakeRouter(greet);
    await new Promise((done) => router.listening.once("listening", done));
    return router;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.listening.address() as { port: number }).port}`;
  }

  send(frame: object): void {
    this.socket?.send(JSON.stringify(frame));
  }

  of(op: string): Frame[] {
    return this.frames.filter((frame) => frame.op === op);
  }

  end(): void {
    this.socket?.terminate();
    this.listening.close();
  }
}
