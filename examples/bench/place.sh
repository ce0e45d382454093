# Places orders with GNU parallel and curl: place.sh URL JOBS < LINES
# Each line is an Authorization header, signed beforehand, a tab, and a body.
exec parallel --will-cite --halt now,fail=1 -j "$2" --colsep '\t' \
  curl --silent --show-error --fail --output /dev/null \
  --header Content-Type:application/json --header "'Authorization: '"{1} --data-binary {2} "$1"
