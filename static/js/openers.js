// What one attribute does anywhere on a page: data-dialog="<id>" opens a dialog, data-theme-choice sets the theme.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    opener.closest("[popover]")?.hidePopover();
    if (dialog && !dialog.open) {
      dialog.dispatchEvent(new CustomEvent("dialog:before-open", { detail: { opener } }));
      dialog.showModal();
    }
  }
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) chooseTheme(choice.dataset.themeChoice);
});

// Kept in a cookie, so that the server draws the page in the right colours from the first byte.
function chooseTheme(theme) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (theme === "auto") {
    document.cookie = `theme=; path=/; max-age=0; samesite=lax${secure}`;
    delete document.documentElement.dataset.theme;
  } else {
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
    document.documentElement.dataset.theme = theme;
  }
  markTheme();
}

export function markTheme() {
  const now = document.documentElement.dataset.theme ?? "auto";
  for (const item of document.querySelectorAll("[data-theme-choice]")) {
    if (item.dataset.themeChoice === now) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
}
markTheme();
