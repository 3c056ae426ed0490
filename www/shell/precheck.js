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
    if (self.origin === 'null') watch();
    // Deferred scripts wait for the style sheet; one that did not come has nothing in it by now.
    var style = document.querySelector('link[rel="stylesheet"]');
    if (style instanceof HTMLLinkElement && !arrived(style)) heal(style.getAttribute('href') || '');
  }

  /** Whether there is anything in a style sheet. In a frame without an origin, which may not read it, it is enough that there is one. @param {HTMLLinkElement} link */
  function arrived(link) {
    var sheet = link.sheet;
    try {
      return sheet !== null && sheet.cssRules.length > 0;
    } catch (refused) {
      return sheet !== null;
    }
  }

  /**
   * A part did not come, or not as it was built. If this page is from a cache and the server has another by now, that one is taken. Once: a
   * page that was loaded again for this, or by hand, is not loaded again.
   * @param {string} own the part's address as this page has it
   */
  function heal(own) {
    if (self.origin === 'null') return sandboxed();
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

  /**
   * A frame with `sandbox` and no `allow-same-origin` has no origin, so that each part of this page is another site's to it, which is only loaded
   * where the server says so to everyone. The link is spelled out, to be copied: such a frame may not open windows either.
   */
  function sandboxed() {
    say('The frame around this page does not allow it to run: its sandbox has no allow-same-origin. Open the page itself: ');
    var notice = document.getElementById('notice');
    var query = new URLSearchParams(location.search);
    query.delete('embed');
    var rest = query.toString();
    var link = document.createElement('a');
    link.href = location.pathname + (rest && '?'.concat(rest)) + location.hash;
    link.textContent = link.href;
    link.target = '_blank';
    link.rel = 'noopener';
    if (notice) notice.appendChild(link);
  }

  /** Where the server lets everyone load the parts, it is the worker that such a frame does not get, and the page says that without saying why. */
  function watch() {
    var notice = document.getElementById('notice');
    if (!notice) return;
    new MutationObserver(function () {
      if (document.querySelector('#status[data-state=failed]') && !document.querySelector('#notice a')) sandboxed();
    }).observe(notice, { childList: true });
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
