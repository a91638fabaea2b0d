// Runs in the head, before the first paint: only what the first paint needs. Written for the oldest
// browser that may open the page, so that even one that cannot run the rest is told so in its language.
(function () {
  var shell = JSON.parse(document.getElementById("assets").textContent);
  var page = document.documentElement;
  var kept = function (name) {
    var cookie = new RegExp("(?:^|; )" + name + "=([a-z-]+)").exec(document.cookie);
    return cookie && cookie[1];
  };
  var code = kept("lang");
  if (!shell.languages[code]) code = {{reference}};
  var theme = kept("theme");
  page.lang = code;
  page.dir = shell.languages[code].dir;
  if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  // Nothing lies on this phone yet, so this start takes long: the skeleton says why.
  var arrives = !navigator.serviceWorker || !navigator.serviceWorker.controller;
  if (arrives) page.dataset.arrives = "";
  var link = function (rel, href, more) {
    var element = document.createElement("link");
    element.rel = rel;
    element.href = href;
    for (var name in more) element.setAttribute(name, more[name]);
    return document.head.appendChild(element);
  };
  // Put in by script, so that the skeleton is painted while the sheet is on its way.
  link("stylesheet", shell.assets["main.css"], { id: "main-style" });
  link("preload", shell.languages[code].locale, { as: "fetch", crossorigin: "" });
  var area = /^\/coop(\/|$)/.test(location.pathname) ? "coop." : "";
  link("manifest", "/manifest." + area + code + ".webmanifest");
  // The program is compiled as it arrives. Where all of it has to come over the network, it is asked for
  // once the skeleton is on the screen, and so cannot keep it from being painted.
  window.taswiqProgram = null;
  var ask = function () {
    if (window.taswiqProgram) return;
    var address = shell.assets["taswiq.wasm"];
    var compiles = window.WebAssembly && WebAssembly.compileStreaming;
    window.taswiqProgram = compiles ? WebAssembly.compileStreaming(fetch(address)) : address;
    dispatchEvent(new CustomEvent("taswiq:asked"));
  };
  if (!arrives || document.hidden || !window.PerformanceObserver) return ask();
  new PerformanceObserver(function (seen) {
    if (seen.getEntriesByName("first-contentful-paint").length > 0) ask();
  }).observe({ type: "paint", buffered: true });
  // A browser need not tell what it has painted.
  setTimeout(ask, 500);
})();
