/* A classic script in the head, before anything is drawn: what the address and the visitor say of the page's looks is known from the first frame on. */
(function () {
  var root = document.documentElement;
  // A program that writes # as %23 has made the run's link a part of the query. The link keeps its %23, for link.js to say so.
  var coded = /%23(?:v|sweep)(?:=|%3D)/i.exec(location.search);
  if (coded && location.hash.length < 2)
    history.replaceState(null, '', [location.pathname + location.search.slice(0, coded.index), location.search.slice(coded.index)].join('#'));
  var query = new URLSearchParams(location.search);
  if (query.get('embed') === '1') root.dataset.embed = '';
  else if (query.get('present') === '1') root.dataset.present = '';
  // views.js goes on from here.
  var view = query.get('view') || 'run';
  root.dataset.view = root.dataset.embed !== '' && /^(run|errors|limits|many|layer|share|about|all)$/.test(view) ? view : 'run';
  try {
    // Written by theme.js; anything else is the system's choice.
    var theme = localStorage.getItem('phi-psi theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  } catch (refused) {
    // This browser remembers nothing.
  }
})();
