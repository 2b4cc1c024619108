// data-controller="say" data-action="say#now" data-say-text-value="..." data-say-tone-value="ok": shows a toast.
import { Controller } from "@hotwired/stimulus";
import { toast } from "../toast.js";

export default class extends Controller {
  static values = { text: String, tone: { type: String, default: "ok" } };

  now() {
    toast(this.textValue, { tone: this.toneValue });
  }
}
