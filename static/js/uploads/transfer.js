// One file on its way: begin, send the parts that the store does not have, complete. Breaks are waited out; what was sent
// is not sent again. States: waiting, running, paused, offline, failed, done, cancelled.
import { forget, remember } from "./memory.js";
import { ask, Failure, read, readPart, send } from "./wire.js";

const PARTS_AT_ONCE = 3;
const TRIES = 8;

export class Transfer {
  constructor(record, { changed, conflict, folder, drop = {} }) {
    Object.assign(this, { record, changed, conflict, drop, folder, state: "waiting", sent: new Map(), sentence: "" });
  }

  // What to do with taken names, once it was said: for this file, or for all that came with it.
  get mode() {
    return this.record.mode ?? this.drop.mode;
  }

  get size() {
    return this.record.size;
  }

  get loaded() {
    let sum = 0;
    for (const bytes of this.sent.values()) sum += bytes;
    return Math.min(this.size, sum);
  }

  set(state, sentence = "") {
    this.state = state;
    this.sentence = sentence;
    this.changed(this);
  }

  pause() {
    this.stop("paused");
  }

  stop(state) {
    this.set(state);
    this.running?.abort();
    this.wake?.();
  }

  async cancel() {
    const { id } = this.record;
    this.stop("cancelled");
    await forget(this.record.key);
    if (id) await ask("DELETE", `/uploads/${id}`).catch(() => undefined);
  }

  // Only one tab sends a file: the others see it as taken.
  async run() {
    if (!navigator.locks) return this.attempt();
    await navigator.locks.request(`upload-${this.record.key}`, { ifAvailable: true }, (lock) => (lock ? this.attempt() : this.set("elsewhere")));
  }

  async attempt() {
    for (let tries = 0; ; tries += 1) {
      this.running = new AbortController();
      try {
        this.set("running");
        return await this.carry();
      } catch (error) {
        this.running.abort();
        if (this.state === "paused" || this.state === "cancelled") return undefined;
        if (error instanceof Failure && error.status === 410) this.startAnew();
        else if (!(error instanceof Failure) || !error.again) return this.fail(error);
        if (tries >= TRIES) return this.fail(error);
        this.set(navigator.onLine ? "waiting" : "offline");
        await this.pauseFor(Math.min(30_000, 800 * 2 ** tries));
        if (this.state === "paused" || this.state === "cancelled") return undefined;
      }
    }
  }

  startAnew() {
    Object.assign(this.record, { id: undefined, sums: {} });
    Object.assign(this, { address: undefined, arrived: false, content: undefined });
    this.sent.clear();
  }

  async fail(error) {
    this.set("failed", error instanceof Failure ? error.message : "");
    // What the portal refused will be refused again: it is not offered at the next visit.
    this.refused = error instanceof Failure && error.status >= 400 && error.status < 500;
    if (this.refused) await forget(this.record.key);
  }

  pauseFor(milliseconds) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, milliseconds);
      addEventListener("online", resolve, { once: true });
    });
  }

  async carry() {
    const begun = this.record.id ? await this.comeBack() : await this.begin();
    if (begun.state === "published") return this.finish();
    const count = begun.parts;
    const numbers = Array.from({ length: count }, (_, n) => n + 1);
    const held = new Set(begun.held ?? []);
    for (const number of held) this.sent.set(number, this.slice(number, begun.part_size).size);
    const missing = numbers.filter((number) => !held.has(number));
    const lanes = Array.from({ length: PARTS_AT_ONCE }, async () => {
      while (missing.length) await this.sendPart(missing.shift(), begun);
    });
    await Promise.all(lanes);
    for (const number of numbers) this.record.sums[number] ??= (await this.read(number, begun.part_size)).sum;
    const checksums = numbers.map((number) => this.record.sums[number]);
    try {
      await ask("POST", `/uploads/${this.record.id}/completion`, { checksums }, this.running.signal);
    } catch (error) {
      if (error.problem?.code === "incomplete") error.again = true;
      throw error;
    }
    return this.finish();
  }

  async finish() {
    this.sent.set("all", this.size);
    await forget(this.record.key);
    this.set("done");
  }

  async begin() {
    const { record } = this;
    const folder = await this.folder(record.path);
    const body = { name: record.name, size: record.size, on_conflict: this.mode ?? "ask" };
    let begun;
    try {
      begun = await ask("POST", `/folders/${folder}/uploads`, body, this.running.signal);
    } catch (error) {
      if (error.problem?.code !== "name_taken") throw error;
      record.mode = await this.conflict(record.name);
      if (!record.mode) {
        await this.cancel();
        throw error;
      }
      begun = await ask("POST", `/folders/${folder}/uploads`, { ...body, on_conflict: record.mode }, this.running.signal);
    }
    Object.assign(record, { id: begun.id, sums: {} });
    await remember(record);
    return begun;
  }

  async comeBack() {
    try {
      return await ask("GET", `/uploads/${this.record.id}`, undefined, this.running.signal);
    } catch (error) {
      // Given up from elsewhere, or somebody else is signed in: it begins anew, with the rights of now.
      if (error.status === 404) error = new Failure(error.message, { status: 410 });
      throw error;
    }
  }

  slice(number, partSize) {
    return partSize ? this.record.file.slice((number - 1) * partSize, number * partSize) : this.record.file;
  }

  read(number, partSize) {
    const blob = this.slice(number, partSize);
    return partSize ? readPart(blob) : read(blob);
  }

  async sendPart(number, begun) {
    const { bytes, sum } = await this.read(number, begun.part_size);
    this.running.signal.throwIfAborted();
    const { addresses } = await ask("POST", `/uploads/${this.record.id}/addresses`, { parts: { [number]: sum } }, this.running.signal);
    await send(addresses[0], bytes, {
      signal: this.running.signal,
      progress: (sent) => {
        this.sent.set(number, Math.min(sent, bytes.byteLength));
        this.changed(this);
      },
    });
    this.sent.set(number, bytes.byteLength);
    this.record.sums[number] = sum;
    await remember(this.record);
  }
}
