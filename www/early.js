/* A classic script in the head, before anything is drawn: what the address says of the page's looks is known from the first frame on. */
(function () {
  if (new URLSearchParams(location.search).get('embed') === '1') document.documentElement.dataset.embed = '';
})();
