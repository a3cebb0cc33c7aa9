/** The program under test: started, killed and started again, in a directory of its own, on a free loopback port. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "../src/index.js";

const READY_WITHIN_MS = 60_000;
const ADMIN_TOKEN = "operator-token-of-the-client-tests-0123456789";
const PASSWORD = "a password that nobody uses 1!";
export const program = process.env["SIGNALBOX_PROGRAM"] ?? "";

const running = new Set<Server>();
process.on("exit", () => running.forEach((server) => server.kill()));

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Fails with `what` when `condition` doesn't become true. */
export async function until(condition: () => boolean, what: string, withinMs = 60_000): Promise<void> {
  for (const end = Date.now() + withinMs; !condition(); await pause(5))
    if (Date.now() > end) throw new Error(`in ${withinMs} ms not: ${what}`);
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

export class Server {
  private readonly root = mkdtempSync(join(tmpdir(), "signalbox-client-"));
  private child: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async begin(): Promise<Server> {
    const server = new Server(await freePort());
    running.add(server);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.root, "server.log"), "a");
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SIGNALBOX_")));
    const child = spawn(
      program,
      ["serve", "--data", join(this.root, "data"), "--listen", `127.0.0.1:${this.port}`, "--admin-token", ADMIN_TOKEN],
      { stdio: ["ignore", log, log], env: clean },
    );
    this.child = child;
    for (const end = Date.now() + READY_WITHIN_MS; ; await pause(20)) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`the server doesn't get ready\n${this.log()}`);
      const answer = await fetch(this.url + "/readyz").catch(() => undefined);
      if (answer?.status === 200) return;
    }
  }

  async killAndStart(): Promise<void> {
    const child = this.child;
    const gone = new Promise((done) => child?.once("exit", done));
    this.kill();
    await gone;
    await this.start();
  }

  kill(): void {
    this.child?.kill("SIGKILL");
  }

  /** An orderly end; the exit code. */
  async stop(): Promise<number | null> {
    const child = this.child;
    const gone = new Promise<number | null>((done) => child?.once("exit", done));
    child?.kill("SIGTERM");
    return gone;
  }

  remove(): void {
    this.kill();
    running.delete(this);
    rmSync(this.root, { recursive: true, force: true });
  }

  log(): string {
    return readFileSync(join(this.root, "server.log"), "utf8").slice(-4000);
  }

  async company(plan: "free" | "enterprise" = "enterprise"): Promise<Company> {
    const number = ++Company.made;
    const made = await new Api(this.url, ADMIN_TOKEN).post("/v1/accounts", {
      body: {
        name: `Company ${number}`,
        subdomain: `company-${number}`,
        plan,
        admin: { first_name: "Ada", last_name: "Admin", email: `ada@company-${number}.example`, password: PASSWORD },
      },
    });
    return new Company(this, new Api(this.url, made.token), made.token, made.user.id, made.inbox.id);
  }
}

/** An account with its admin, who also answers conversations. */
export class Company {
  static made = 0;
  constructor(
    readonly server: Server,
    readonly api: Api,
    readonly token: string,
    readonly user: string,
    readonly inbox: string,
  ) {}

  /** A channel that assigns to the admin, and a connector's token for it. */
  async channel(name = "channel"): Promise<{ channel: string; token: string }> {
    const made = await this.api.post("/v1/inboxes/{id}/channels", { path: { id: this.inbox }, body: { type: "custom", name } });
    await this.api.put("/v1/channels/{id}/assignment", {
      path: { id: made.id },
      body: { enabled: true, assign_to: "specific", users: [this.user] },
    });
    const { token } = await this.api.post("/v1/tokens", { body: { kind: "connector", name, channels: [made.id] } });
    return { channel: made.id, token };
  }

  async available(): Promise<void> {
    await this.api.put("/v1/users/{id}/availability", { path: { id: this.user }, body: { status: "available" } });
  }

  /** The texts of a thread's messages, in order. */
  async texts(thread: string): Promise<string[]> {
    const { items } = await this.api.get("/v1/conversations", { query: { limit: 200 } });
    const found = items.filter((conversation) => conversation.thread === thread);
    if (found.length > 1) throw new Error(`the thread ${thread} stands ${found.length} times`);
    const texts: string[] = [];
    for (let after: string | null | undefined; found[0]; ) {
      const page = await this.api.get("/v1/conversations/{id}/history", {
        path: { id: found[0].id },
        query: { limit: 200, ...(after ? { after } : {}) },
      });
      for (const entry of page.items) if (entry.type === "message") texts.push((entry as { text: string }).text);
      after = page.next;
      if (!after) break;
    }
    return texts;
  }
}
