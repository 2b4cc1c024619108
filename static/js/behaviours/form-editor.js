// The editor of questions: sections hold questions, questions hold answers to choose from. All of it is plain elements on
// the page (data-item says what an element is, data-part what a control holds); their order is the order of the form.
import Sortable from "sortablejs";
import Items from "../items.js";

const PARENT = { question: "section", option: "question" };
const CHOICES = ["one_of", "many_of"];

export default class extends Items {
  static targets = ["sections", "sectionTemplate", "questionTemplate", "optionTemplate"];

  connect() {
    this.sortables = [];
    this.sort(this.element);
    super.connect();
  }

  disconnect() {
    for (const sortable of this.sortables) sortable.destroy();
    super.disconnect();
  }

  // Every list below this element can be sorted by dragging; questions also from one section into another.
  sort(root) {
    for (const list of [...root.querySelectorAll("[data-list]")].filter((found) => !found.dataset.sorted)) {
      list.dataset.sorted = "true";
      const group = list.dataset.list === "option" ? undefined : list.dataset.list;
      this.sortables.push(new Sortable(list, { group, handle: "[data-handle]", draggable: `[data-item="${list.dataset.list}"]`, animation: 120, onEnd: this.changed }));
    }
  }

  stored() {
    return [...this.sectionsTarget.children].map((section) => this.section(section));
  }

  section(element) {
    return {
      id: element.dataset.id,
      title: this.part(element, "title").value,
      help: this.part(element, "help").value,
      questions: [...element.querySelectorAll('[data-item="question"]')].map((question) => this.question(question)),
    };
  }

  question(element) {
    const type = this.part(element, "type").value;
    const options = [...element.querySelectorAll('[data-item="option"]')];
    return {
      id: element.dataset.id,
      type,
      label: this.part(element, "label").value,
      help: this.part(element, "help").value,
      required: this.part(element, "required").checked,
      options: CHOICES.includes(type) ? options.map((option) => ({ key: option.dataset.id, label: this.part(option, "option").value })) : [],
    };
  }

  fresh(kind) {
    return this[`${kind}TemplateTarget`].content.firstElementChild.cloneNode(true);
  }

  add(kind, list, after) {
    const item = this.fresh(kind);
    if (after) after.after(item);
    else list.append(item);
    this.sort(item);
    this.changed();
    return item;
  }

  addSection() {
    const section = this.add("section", this.sectionsTarget);
    this.add("question", section.querySelector('[data-list="question"]'));
    this.part(section, "title").focus();
  }

  addQuestion(event) {
    const list = event.target.closest('[data-item="section"]').querySelector('[data-list="question"]');
    this.part(this.add("question", list), "label").focus();
  }

  addOption(event) {
    const list = event.target.closest('[data-item="question"]').querySelector('[data-list="option"]');
    this.part(this.add("option", list, event.target.closest('[data-item="option"]')), "option").focus();
  }

  // A question that becomes one of choices begins with two lines to fill in.
  typed(event) {
    const question = event.target.closest('[data-item="question"]');
    const list = question.querySelector('[data-list="option"]');
    const choices = CHOICES.includes(event.target.value);
    question.querySelector("[data-options]").hidden = !choices;
    while (choices && list.children.length < 2) this.add("option", list);
  }

  copy(event) {
    const question = event.target.closest('[data-item="question"]');
    const twin = this.twin(question);
    for (const item of [twin, ...twin.querySelectorAll("[data-item]")]) item.dataset.id = "";
    for (const list of twin.querySelectorAll("[data-sorted]")) delete list.dataset.sorted;
    question.after(twin);
    this.sort(twin);
    this.changed();
    this.part(twin, "label").focus();
  }

  // A question at the edge of its section goes on into the next one.
  cross(item, step) {
    if (item.dataset.item !== "question") return false;
    const section = item.closest(`[data-item="${PARENT.question}"]`);
    const other = step < 0 ? section.previousElementSibling : section.nextElementSibling;
    if (!other) return false;
    const list = other.querySelector('[data-list="question"]');
    if (step < 0) list.append(item);
    else list.prepend(item);
    return true;
  }
}
