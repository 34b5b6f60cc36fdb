// One WebSocket to the exchange that comes back by itself: calls with ids, and a wanted set of channels.

const PATH = "/ws/api/v2";
const TEST_EVERY_MS = 5000;
const SILENCE_MAX_MS = 12000;
const DELAY_MAX_MS = 8000;
// A frame may not exceed 16 KB, and a channel name is at most some 50 characters.
const CHANNELS_A_CALL = 100;

export class Feed {
  // onState(state, delayMs): "connecting", "live" or "lost". onMessage(channel, data).
  constructor({ onState, onMessage }) {
    this.onState = onState;
    this.onMessage = onMessage;
    this.wanted = new Set();
    this.held = new Set();
    this.calls = new Map();
    this.nextId = 1;
    this.failures = 0;
    this.received = 0;
    this.tripMs = 0;
    this.heardAt = 0;
    this.syncing = false;
    setInterval(() => this.test(), TEST_EVERY_MS);
  }

  connect() {
    clearTimeout(this.timer);
    if (this.socket?.readyState === WebSocket.CONNECTING) return;
    this.onState("connecting", 0);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${PATH}`);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => socket === this.socket && this.take(event.data);
    socket.onclose = () => socket === this.socket && this.lost();
  }

  get live() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  call(method, params = {}) {
    if (!this.live) return Promise.reject(new Error("not connected"));
    const id = this.nextId++;
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
  }

  // From now on these channels and no others.
  want(channels) {
    this.wanted = new Set(channels);
    this.sync();
  }

  // A missed change: leave and join again, for a new snapshot.
  async renew(channel) {
    this.held.delete(channel);
    await this.call("public/unsubscribe", { channels: [channel] });
    this.sync();
  }

  opened() {
    this.failures = 0;
    this.held.clear();
    this.onState("live", 0);
    this.sync();
    this.test();
  }

  lost() {
    for (const { reject } of this.calls.values()) reject(new Error("connection lost"));
    this.calls.clear();
    this.socket = null;
    const delayMs = Math.min(DELAY_MAX_MS, 400 * 2 ** this.failures++) * (0.5 + Math.random() / 2);
    this.timer = setTimeout(() => this.connect(), delayMs);
    this.onState("lost", delayMs);
  }

  take(text) {
    this.heardAt = Date.now();
    this.received++;
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      this.socket.close(); // Not of the dialect: start over.
      return;
    }
    if (message.method === "subscription") {
      this.onMessage(message.params.channel, message.params.data);
    } else if (this.calls.has(message.id)) {
      const { resolve, reject } = this.calls.get(message.id);
      this.calls.delete(message.id);
      if (message.error) reject(new Error(`${message.error.message} (${message.error.code})`));
      else resolve(message.result);
    }
  }

  // One round at a time, so that a subscribe never overtakes the unsubscribe before it.
  async sync() {
    if (this.syncing || !this.live) return;
    this.syncing = true;
    try {
      await this.settle("public/unsubscribe", [...this.held].filter((channel) => !this.wanted.has(channel)));
      await this.settle("public/subscribe", [...this.wanted].filter((channel) => !this.held.has(channel)));
    } catch (error) {
      console.warn("subscriptions:", error.message);
      return;
    } finally {
      this.syncing = false;
    }
    const settled = this.held.size === this.wanted.size && [...this.held].every((one) => this.wanted.has(one));
    if (!settled) this.sync();
  }

  async settle(method, channels) {
    for (let start = 0; start < channels.length; start += CHANNELS_A_CALL) {
      const part = channels.slice(start, start + CHANNELS_A_CALL);
      // Noted before the answer: what the exchange refuses is not asked again and again.
      for (const channel of part) method.endsWith("/subscribe") ? this.held.add(channel) : this.held.delete(channel);
      await this.call(method, { channels: part });
    }
  }

  // A dead peer can leave the socket open, so ask, and hang up on silence.
  test() {
    if (!this.live) return;
    if (Date.now() - this.heardAt > SILENCE_MAX_MS) {
      const silent = this.socket;
      this.socket = null;
      silent.close();
      this.lost();
      return;
    }
    const sentAt = performance.now();
    this.call("public/test").then(() => { this.tripMs = performance.now() - sentAt; }, () => {});
  }
}
