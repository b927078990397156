// Keeps the page fresh: fetches it again and changes what has changed, in place, so that what somebody has opened,
// scrolled to or is at stays so. Without it the page is complete.
"use strict";
(() => {
  const EVERY = 2000, PATIENCE = 5000;
  const live = document.getElementById("live");
  const button = document.createElement("button");
  const words = document.createElement("span");
  button.type = "button";
  live.append(words, " ", button);
  let paused = false, lost = false, timer = 0;

  const tell = () => {
    const text = paused ? "Updates are paused." : lost ? "No answer; still trying." : "Updated live.";
    // Whoever listens is told of changes only.
    if (words.textContent !== text) words.textContent = text;
    button.textContent = paused ? "Resume" : "Pause";
    document.documentElement.classList.toggle("lost", lost);
  };

  const isSame = (old, now) => old.nodeName === now.nodeName && old.dataset?.key === now.dataset?.key;

  const change = (old, now) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== now.data) old.data = now.data;
      return;
    }
    if (old === live) return;
    for (const { name } of [...old.attributes]) if (name !== "open" && !now.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    let at = old.firstChild;
    for (const want of now.childNodes) {
      const key = want.dataset?.key;
      const have = key === undefined ? at : [...old.children].find((child) => child.dataset.key === key);
      if (!have || !isSame(have, want)) {
        old.insertBefore(document.importNode(want, true), at);
        continue;
      }
      if (have === at) at = at.nextSibling; else old.insertBefore(have, at);
      change(have, want);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const show = (fresh) => {
    document.title = fresh.title;
    const icon = document.querySelector("link[rel=icon]"), now = fresh.querySelector("link[rel=icon]");
    if (icon.getAttribute("href") !== now.getAttribute("href")) icon.setAttribute("href", now.getAttribute("href"));
    change(document.body, fresh.body);
  };

  // Whoever has marked something keeps what is there.
  const isHeld = () => paused || document.hidden || !document.getSelection().isCollapsed;

  const update = async () => {
    clearTimeout(timer);
    if (!isHeld()) {
      try {
        const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
        if (!answer.ok) throw new Error(answer.statusText);
        const text = await answer.text();
        lost = false;
        if (!isHeld()) show(new DOMParser().parseFromString(text, "text/html"));
      } catch {
        lost = true;
      }
    }
    tell();
    if (!paused && !document.hidden) timer = setTimeout(update, EVERY);
  };

  button.addEventListener("click", () => { paused = !paused; update(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
  tell();
  timer = setTimeout(update, EVERY);
})();
