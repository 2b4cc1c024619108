// Everything that waits: large files one by one, small ones of the same folder in batches; a bounded number at once.
import { Batch, MOST_BYTES, MOST_FILES, SMALL_BYTES } from "./batch.js";

const FILES_AT_ONCE = 3;
const BATCHES_AT_ONCE = 2;

export class Queue {
  // finished(transfers): they are files now.
  constructor({ finished }) {
    Object.assign(this, { finished, single: [], groups: new Map(), singles: 0, batches: 0 });
  }

  add(transfer) {
    transfer.set("waiting");
    transfer.batch = undefined;
    if (transfer.size > SMALL_BYTES || transfer.alone) {
      this.single.push(transfer);
      return;
    }
    const { folder, path } = transfer.record;
    const group = `${folder}/${path.join("/")}/${transfer.mode ?? ""}`;
    if (!this.groups.has(group)) this.groups.set(group, []);
    this.groups.get(group).push(transfer);
  }

  // What is added together goes together: nothing starts before all of it is here.
  soon() {
    this.starting ??= setTimeout(() => {
      this.starting = undefined;
      this.start();
    });
  }

  start() {
    if (this.stopped) return;
    while (this.singles < FILES_AT_ONCE && this.single.length) this.carryAlone(this.single.shift());
    while (this.batches < BATCHES_AT_ONCE && this.groups.size) this.carryTogether();
  }

  async carryAlone(transfer) {
    if (transfer.state !== "waiting") return;
    this.singles += 1;
    try {
      await transfer.run();
      if (transfer.state === "done") this.finished([transfer]);
    } finally {
      this.singles -= 1;
      this.start();
    }
  }

  async carryTogether() {
    const some = this.next();
    if (some.length < 2) {
      // One small file needs no batch, and shows how far it is.
      this.single.push(...some);
      if (this.singles < FILES_AT_ONCE && this.single.length) this.carryAlone(this.single.shift());
      return;
    }
    this.batches += 1;
    const [{ conflict, folder, record, mode }] = some;
    const again = (transfer) => {
      this.add(transfer);
      this.soon();
    };
    try {
      await new Batch(some, { folder: () => folder(record.path), mode, again, finished: this.finished, conflict }).run();
    } finally {
      this.batches -= 1;
      this.start();
    }
  }

  // The next small files that go together; a pause or an end has taken others out meanwhile.
  next() {
    const [group, waiting] = this.groups.entries().next().value;
    const some = [];
    let bytes = 0;
    while (waiting.length && some.length < MOST_FILES) {
      const transfer = waiting[0];
      if (transfer.state === "waiting") {
        if (bytes + transfer.size > MOST_BYTES) break;
        bytes += transfer.size;
        some.push(transfer);
      }
      waiting.shift();
    }
    if (!waiting.length) this.groups.delete(group);
    return some;
  }
}
