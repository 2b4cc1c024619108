// What is chosen in a folder: some rows, or everything but a few, also rows that no page has brought yet.
export class Selection {
  constructor(changed) {
    this.changed = changed;
    this.forget();
  }

  forget() {
    this.everything = false;
    this.ids = new Set();
    this.without = new Set();
  }

  has(id) {
    return this.everything ? !this.without.has(id) : this.ids.has(id);
  }

  get isEmpty() {
    return !this.everything && !this.ids.size;
  }

  set(id, on) {
    this.put(id, on);
    this.changed();
  }

  put(id, on) {
    const kept = this.everything ? this.without : this.ids;
    if (on === this.everything) kept.delete(id);
    else kept.add(id);
  }

  toggle(id) {
    this.set(id, !this.has(id));
  }

  // These and no others.
  only(ids) {
    this.forget();
    for (const id of ids) this.ids.add(id);
    this.changed();
  }

  add(ids) {
    for (const id of ids) this.put(id, true);
    this.changed();
  }

  all() {
    this.forget();
    this.everything = true;
    this.changed();
  }

  clear() {
    this.forget();
    this.changed();
  }

  // What is gone from the page cannot stay chosen by its id.
  keep(ids) {
    if (this.everything) return;
    const there = new Set(ids);
    for (const id of this.ids) if (!there.has(id)) this.ids.delete(id);
    this.changed();
  }

  // For the way back from a preview or a sub-folder: what was chosen, as it is written down.
  get written() {
    return { everything: this.everything, ids: [...this.ids], without: [...this.without] };
  }

  take({ everything, ids, without }) {
    this.everything = everything;
    this.ids = new Set(ids);
    this.without = new Set(without);
    this.changed();
  }

  get fields() {
    return this.everything ? fieldsOf([...this.without], "without", [["all", "1"]]) : fieldsOf([...this.ids]);
  }
}

export function fieldsOf(ids, name = "item", more = []) {
  return [...more, ...ids.map((id) => [name, id])];
}
