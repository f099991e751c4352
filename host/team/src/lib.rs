//! Sets an OpenBao server up for a team, and tells what differs from that.
