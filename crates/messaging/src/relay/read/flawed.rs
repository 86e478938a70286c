//! How others read their outbox, for trials that show what comes of it.

use super::select_events;
use crate::trial::Cut;

/// The statement, with the snapshots of the window before ($1) and of the window ($2); `None` for the
/// reading that is right.
pub(super) fn statement(cut: Cut) -> Option<&'static str> {
    match cut {
        Cut::Snapshots => None,
        Cut::Cursor => Some(select_events!(
            "from messaging.outbox o
             where o.seq > (select coalesce(max(e.seq), 0) from messaging.outbox e
                            where pg_visible_in_snapshot(e.xid, $1::text::pg_snapshot))
                 and pg_visible_in_snapshot(o.xid, $2::text::pg_snapshot)
             order by o.seq"
        )),
        Cut::Horizon => Some(select_events!(
            "from messaging.outbox o
             where o.xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                 and o.xid < pg_snapshot_xmin($2::text::pg_snapshot)
             order by o.seq"
        )),
        Cut::ByTransaction => Some(select_events!(
            "from messaging.outbox o
             where not pg_visible_in_snapshot(o.xid, $1::text::pg_snapshot)
                 and pg_visible_in_snapshot(o.xid, $2::text::pg_snapshot)
             order by o.xid, o.seq"
        )),
    }
}
