#!/bin/sh
# Back up Looker every night into one file that keeps its past. A line for crontab(5):
#
#   15 2 * * *  /usr/local/bin/looker-backup.sh
#
# cron mails what is printed: nothing, unless something went wrong.
set -eu
umask 077
cd "${LOOKER_BACKUP_DIR:-/var/lib/looker-backup}"

code=0
# shellcheck disable=SC2086  # the options are several words
lookervault-plan backup --db-path backup.db --quiet ${LOOKER_BACKUP_OPTIONS:-} >/dev/null || code=$?
if [ "$code" -eq 3 ]; then
  echo "The backup is incomplete, as said above. What the key could not see is listed by: lookervault-plan validate --db-path $PWD/backup.db --offline" >&2
elif [ "$code" -ne 0 ]; then
  exit "$code"
fi

lookervault-plan backup forget --db-path backup.db --quiet --keep-daily 14 --keep-weekly 8 --keep-monthly 12 >/dev/null
exit "$code"
