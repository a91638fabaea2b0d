// Starts the phone's screens on the shell, then registers the service worker. The head of the shell
// has already chosen language, direction and theme, and asked for the sheet, the sentences and the
// program. Each step is a turn of its own, so that a slow phone paints and hears a finger between them.
//
// What the screens find on `window.taswiq`:
//   build           id of this build
//   assets          logical name → address (`assets["icons.svg"]`)
//   language        code of the language on this page
//   updateReady     true once another build waits; event `taswiq:update` on window says so
//   takeUpdate()    takes that build: the page loads again, the queue of orders is not touched
//   install         the browser's offer to install, or null; event `taswiq:install` says it came or went
//   shrink(file, n) a chosen picture as the text of a JPEG of n bytes at most, or null
// Event `taswiq:settled` on window: the screens have had their first word with the server, or will not.
// Event `taswiq:sync` on window: the browser found the network back and asks to send what waits.

const shell = JSON.parse(document.getElementById("assets").textContent);
const language = document.documentElement.lang;
const taswiq = (window.taswiq = {
  build: shell.build,
  assets: shell.assets,
  language,
  updateReady: false,
  takeUpdate: () => {},
  install: null,
  shrink: async (file, bytesMax) => (await import(shell.assets["photo.js"])).shrink(file, bytesMax),
});
// Keeping everything for offline use must be in the way neither of the first screen nor of the first word
// of the server; where that does not come, it waits so long at most.
const SETTLING_MS = 5_000;
const tell = (name) => window.dispatchEvent(new CustomEvent(name));

addEventListener("beforeinstallprompt", (offer) => {
  offer.preventDefault();
  taswiq.install = offer;
  tell("taswiq:install");
});
addEventListener("appinstalled", () => {
  taswiq.install = null;
  tell("taswiq:install");
});

const settled = new Promise((resolve) => addEventListener("taswiq:settled", resolve, { once: true }));
start()
  .catch(sayItFailed)
  .finally(() => Promise.race([settled, after(SETTLING_MS)]))
  .then(idle)
  .then(registerWorker);

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Once the browser has nothing better to do. */
function idle() {
  return new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve));
}

/** The program, compiled by the browser while it arrives; its address where that did not go well. */
async function program() {
  // The head asks for it when the skeleton has been painted, and that may still be to come.
  if (!window.taswiqProgram) await new Promise((asked) => addEventListener("taswiq:asked", asked, { once: true }));
  return Promise.resolve(window.taswiqProgram).catch(() => shell.assets["taswiq.wasm"]);
}

async function start() {
  const compiled = program();
  const sheet = document.getElementById("main-style");
  const styled = new Promise((resolve) => {
    if (sheet.sheet) return resolve();
    sheet.onload = resolve;
    // A page without its sheet is ugly, a page that never opens is worse.
    sheet.onerror = resolve;
  });
  const sentences = fetch(shell.languages[language].locale).then((answer) => {
    if (!answer.ok) throw new Error(`locale: ${answer.status}`);
    return answer.text();
  });
  const screens = await import(shell.assets["taswiq.js"]);
  const [locale, module] = await Promise.all([sentences, compiled, styled]);
  await after(0);
  await screens.default({ module_or_path: module });
  await after(0);
  await screens.start(locale);
  document.getElementById("skeleton")?.remove();
}

function sayItFailed(error) {
  console.error(error);
  const [title, text, again] = shell.languages[language].failed;
  const note = document.createElement("main");
  note.className = "sk-note";
  const heading = document.createElement("h1");
  heading.textContent = title;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  const button = document.createElement("button");
  button.textContent = again;
  button.onclick = () => location.reload();
  note.append(heading, paragraph, button);
  document.getElementById("skeleton")?.remove();
  document.body.append(note);
}

async function registerWorker() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  let asked = false;
  workers.addEventListener("controllerchange", () => {
    if (asked) location.reload();
  });
  workers.addEventListener("message", ({ data }) => {
    if (data?.type === "sync") tell("taswiq:sync");
  });
  const registration = await workers
    .register("/sw.js", { scope: "/", updateViaCache: "none" })
    // Private windows and full phones refuse; the page works online all the same.
    .catch((refused) => console.warn(refused));
  if (!registration) return;

  const offer = (waiting) => {
    // Without a controller this is the first visit: the waiting worker is this very build.
    if (!waiting || !workers.controller) return;
    taswiq.takeUpdate = () => {
      asked = true;
      waiting.postMessage({ type: "take-update" });
    };
    taswiq.updateReady = true;
    tell("taswiq:update");
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const installing = registration.installing;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed") offer(registration.waiting);
    });
  });
  // An installed app may stay open for days: it looks for a new build whenever it comes to the front,
  // once an hour at most.
  const HOUR_MS = 3_600_000;
  let lookedAt = performance.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || performance.now() - lookedAt < HOUR_MS) return;
    lookedAt = performance.now();
    registration.update().catch(() => {});
  });
}
