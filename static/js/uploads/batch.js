// Up to a hundred small files of one folder on their way together: begun with one request, sent side by side, completed with
// one request. A file that does not go through leaves the batch and travels alone, where breaks are waited out.
import { forgetAll, rememberAll } from "./memory.js";
import { ask, Failure, read, send } from "./wire.js";

export const SMALL_BYTES = 256 * 1024;
export const MOST_FILES = 100;
export const MOST_BYTES = 4 * 1024 * 1024;
const PUTS_AT_ONCE = 4;
const TRIES = 8;
// The store's addresses are good for a minute; what waited longer, or was paused, gets another.
const ADDRESS_MILLISECONDS = 50_000;

const pause = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    addEventListener("online", resolve, { once: true });
  });

export class Batch {
  // again(transfer): it waits once more, alone or in another batch. finished(transfers): they are files now.
  constructor(transfers, { folder, mode, again, finished, conflict }) {
    Object.assign(this, { transfers, folder, mode, again, finished, conflict });
    for (const transfer of transfers) {
      transfer.batch = this;
      transfer.set("running");
    }
  }

  // Those that are still carried here: a file that was paused and goes on again travels elsewhere.
  get live() {
    return this.transfers.filter((transfer) => transfer.state === "running" && transfer.batch === this);
  }

  async run() {
    for (let tries = 0; this.live.length; tries += 1) {
      try {
        return await this.carry();
      } catch (error) {
        const again = error instanceof Failure && error.again && tries < TRIES;
        if (!again) return this.failAll(error);
        await pause(Math.min(30_000, 800 * 2 ** tries));
      }
    }
    return undefined;
  }

  failAll(error) {
    for (const transfer of this.live) transfer.fail(error);
  }

  leave(transfer) {
    transfer.alone = true;
    this.again(transfer);
  }

  async carry() {
    const fresh = this.live.filter((transfer) => !transfer.record.id);
    if (fresh.length) await this.begin(fresh);
    const waiting = this.live.filter((transfer) => !transfer.arrived);
    const lanes = Array.from({ length: PUTS_AT_ONCE }, async () => {
      while (waiting.length) await this.put(waiting.shift());
    });
    await Promise.all(lanes);
    const arrived = this.live.filter((transfer) => transfer.arrived);
    if (arrived.length) await this.complete(arrived);
  }

  // Each content is read once: what is hashed here is what is sent.
  async begin(fresh) {
    const ready = [];
    for (const transfer of fresh) {
      try {
        transfer.content = await read(transfer.record.file);
        ready.push(transfer);
      } catch (error) {
        transfer.fail(error);
      }
    }
    if (!ready.length) return;
    const files = ready.map(({ record, content }) => ({ name: record.name, size: content.bytes.byteLength, sha256: content.sum }));
    const folder = await this.folder();
    const answer = await ask("POST", `/folders/${folder}/upload-batches`, { files, on_conflict: this.mode ?? "ask" });
    const taken = ready.filter((transfer, n) => this.accept(transfer, answer.files[n]));
    await rememberAll(this.live.map((transfer) => transfer.record));
    if (taken.length) this.askAbout(taken);
  }

  // Whether the name is taken, which somebody must decide.
  accept(transfer, { id, url, headers, problem }) {
    if (transfer.batch !== this || transfer.state === "cancelled") {
      // Paused and sent on its way elsewhere, or taken out, while this was being begun: this beginning leads nowhere.
      if (id) ask("DELETE", `/uploads/${id}`).catch(() => undefined);
      return false;
    }
    if (problem?.code === "name_taken") {
      transfer.batch = undefined;
      return true;
    }
    if (problem) {
      transfer.fail(new Failure(problem.detail, problem));
    } else {
      Object.assign(transfer.record, { id, sums: { 1: transfer.content.sum } });
      transfer.address = { url, headers, until: Date.now() + ADDRESS_MILLISECONDS };
    }
    return false;
  }

  // The others of the batch do not wait for the answer.
  async askAbout(taken) {
    const mode = await this.conflict(taken[0].record.name);
    for (const transfer of taken) {
      if (transfer.state !== "running") continue;
      if (!mode) transfer.cancel();
      else {
        transfer.record.mode = mode;
        this.again(transfer);
      }
    }
  }

  async put(transfer) {
    if (transfer.state !== "running" || transfer.batch !== this) return;
    transfer.running = new AbortController();
    try {
      transfer.content ??= await read(transfer.record.file);
      if (!(transfer.address?.until > Date.now())) transfer.address = await this.anotherAddress(transfer);
      await send(transfer.address, transfer.content.bytes, { signal: transfer.running.signal, progress: () => undefined });
      transfer.sent.set(1, transfer.size);
      transfer.arrived = true;
    } catch {
      if (transfer.state === "running" && transfer.batch === this) this.leave(transfer);
    }
    if (transfer.batch === this) transfer.address = transfer.content = undefined;
  }

  async anotherAddress({ record, content, running }) {
    const parts = { 1: content.sum };
    const { addresses } = await ask("POST", `/uploads/${record.id}/addresses`, { parts }, running.signal);
    return { ...addresses[0], until: Date.now() + ADDRESS_MILLISECONDS };
  }

  async complete(arrived) {
    const byId = new Map(arrived.map((transfer) => [transfer.record.id, transfer]));
    const answer = await ask("POST", "/upload-batches/completion", { uploads: [...byId.keys()] });
    const done = [];
    for (const { id, problem } of answer.files) {
      const transfer = byId.get(id);
      if (!problem) done.push(transfer);
      else if (problem.code === "incomplete" || problem.status === 410) {
        transfer.startAnew();
        this.leave(transfer);
      } else transfer.fail(new Failure(problem.detail, problem));
    }
    await forgetAll(done.map((transfer) => transfer.record.key));
    for (const transfer of done) {
      transfer.sent.set("all", transfer.size);
      if (transfer.state !== "cancelled") transfer.set("done");
    }
    if (done.length) this.finished(done);
  }
}
