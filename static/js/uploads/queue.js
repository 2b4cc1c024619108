// Everything that waits: large files one by one, small ones of the same folder in batches; a bounded number at once.
import { Batch, MOST_BYTES, MOST_FILES, SMALL_BYTES } from "./batch.js";

const FILES_AT_ONCE = 3;
const BATCHES_AT_ONCE = 2;

// The first of a set, taken out of it.
function shift(set) {
  const [first] = set;
  set.delete(first);
  return first;
}

// Sets, because what is paused and goes on again may still stand where it waited before: nothing goes twice.
export class Queue {
  // finished(transfers): they are files now.
  constructor({ finished }) {
    Object.assign(this, { finished, single: new Set(), groups: new Map(), singles: 0, batches: 0 });
  }

  add(transfer) {
    transfer.set("waiting");
    transfer.batch = undefined;
    if (transfer.size > SMALL_BYTES || transfer.alone) {
      this.single.add(transfer);
      return;
    }
    const { folder, path } = transfer.record;
    const group = `${folder}/${path.join("/")}/${transfer.mode ?? ""}`;
    if (!this.groups.has(group)) this.groups.set(group, new Set());
    this.groups.get(group).add(transfer);
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
    while (this.singles < FILES_AT_ONCE && this.single.size) this.carryAlone(shift(this.single));
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
      for (const transfer of some) this.single.add(transfer);
      if (this.singles < FILES_AT_ONCE && this.single.size) this.carryAlone(shift(this.single));
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
    for (const transfer of waiting) {
      if (transfer.state === "waiting") {
        if (some.length === MOST_FILES || bytes + transfer.size > MOST_BYTES) break;
        bytes += transfer.size;
        some.push(transfer);
      }
      waiting.delete(transfer);
    }
    if (!waiting.size) this.groups.delete(group);
    return some;
  }
}
