/*
 * A classic script, since modules are what may be missing: says in words why the page cannot run where it cannot. Its address stays the same
 * in every build, so that it is there for an old index too, one that a cache kept while the files that it names have gone.
 */
(function () {
  if (location.protocol === 'file:') {
    say('This page was opened as a file, and browsers load no modules from files. Serve its folder instead: cargo xtask serve.');
    show();
  } else if (!('noModule' in HTMLScriptElement.prototype) || typeof WebAssembly === 'undefined' || typeof Worker === 'undefined') {
    say('This browser is too old for this page, which needs JavaScript modules, web workers and WebAssembly.');
    show();
  } else {
    // Caught on its way down, since it does not bubble. It comes at the page's module also for what that module imports.
    addEventListener(
      'error',
      function (event) {
        if (event.target instanceof HTMLScriptElement) heal(event.target.getAttribute('src') || '');
      },
      true,
    );
    // Deferred scripts wait for the style sheet; one that did not come has nothing in it by now.
    var style = document.querySelector('link[rel="stylesheet"]');
    if (style instanceof HTMLLinkElement && !(style.sheet && style.sheet.cssRules.length > 0)) heal(style.getAttribute('href') || '');
  }

  /**
   * A part did not come, or not as it was built. If this page is from a cache and the server has another by now, that one is taken. Once: a
   * page that was loaded again for this, or by hand, is not loaded again.
   * @param {string} own the part's address as this page has it
   */
  function heal(own) {
    var words = 'A part of this page could not be loaded. Check the connection and reload the page.';
    var visit = performance.getEntriesByType('navigation')[0];
    if (!visit || /** @type {PerformanceNavigationTiming} */ (visit).type === 'reload') return say(words);
    fetch(location.href, { cache: 'reload' })
      .then(function (answer) {
        return answer.ok ? answer.text() : own;
      })
      .then(function (text) {
        if (text.indexOf(own) >= 0) say(words);
        else location.reload();
      })
      .catch(function () {
        say(words);
      });
  }

  /** The picture of a run, where there will be none. */
  function show() {
    var still = document.getElementById('still');
    if (still) still.hidden = false;
  }

  /** @param {string} words */
  function say(words) {
    var notice = document.getElementById('notice');
    var status = document.getElementById('status');
    var state = document.getElementById('status-state');
    if (notice) notice.textContent = words;
    if (status) status.setAttribute('data-state', 'failed');
    if (state) state.textContent = 'Failed';
  }
})();
