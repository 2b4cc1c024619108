// toast("Saved") puts a quiet message into the region; tone: ok | info | warn | bad.
// toast("Moved to the bin", { action: { label: "Undo", run: () => ... } }) offers a way back.
// From the server: the header HX-Trigger: {"toast": {"text": "...", "tone": "ok"}}.
export function toast(text, { tone = "ok", action } = {}) {
  const region = document.getElementById("toasts");
  const element = document.getElementById(`toast-${tone}`).content.firstElementChild.cloneNode(true);
  element.querySelector(".toast-text").textContent = text;
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small button-secondary";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      action.run();
      element.remove();
    });
    element.querySelector(".toast-action").append(button);
  }
  region.append(element);
  showRegion();
  return element;
}

// A popover stands above open dialogs; shown again, it comes to the front. Without script the region is simply there.
export function showRegion() {
  const region = document.getElementById("toasts");
  if (!region || !("popover" in region)) return;
  region.popover = "manual";
  if (region.matches(":popover-open")) region.hidePopover();
  if (region.children.length) region.showPopover();
}

document.addEventListener("toast", (event) => {
  const { text, value, tone } = event.detail;
  toast(text ?? value, { tone });
});
