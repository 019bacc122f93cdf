//! The options of a UDP socket, by Node's and the standard library's names.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::UdpSocket;

impl UdpSocket {
    /// Whether messages may be sent to broadcast addresses. Node's `setBroadcast`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.socket.options().set_broadcast(broadcast)
    }

    /// The time to live of outgoing IPv4 packets, in hops. Node's `setTTL`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) outside of 1 to 255, else what the system says.
    pub fn set_ttl_v4(&self, hops: u32) -> io::Result<()> {
        self.socket.options().set_ttl_v4(hops)
    }

    /// The hop limit of outgoing IPv6 packets. Node's `setTTL`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) above 255, else what the system says.
    pub fn set_unicast_hops_v6(&self, hops: u32) -> io::Result<()> {
        self.socket.options().set_unicast_hops_v6(hops)
    }

    /// The same for multicast, where 1, the default, stays in the local network. Node's
    /// `setMulticastTTL`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) above 255, else what the system says.
    pub fn set_multicast_ttl_v4(&self, hops: u32) -> io::Result<()> {
        self.socket.options().set_multicast_ttl_v4(hops)
    }

    /// The hop limit of IPv6 multicast.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) above 255, else what the system says.
    pub fn set_multicast_hops_v6(&self, hops: u32) -> io::Result<()> {
        self.socket.options().set_multicast_hops_v6(hops)
    }

    /// Whether this machine gets the IPv4 multicast that it sends. Node's `setMulticastLoopback`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_multicast_loop_v4(&self, loops: bool) -> io::Result<()> {
        self.socket.options().set_multicast_loop_v4(loops)
    }

    /// Whether this machine gets the IPv6 multicast that it sends. Node's `setMulticastLoopback`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_multicast_loop_v6(&self, loops: bool) -> io::Result<()> {
        self.socket.options().set_multicast_loop_v6(loops)
    }

    /// The interface, by its address, through which IPv4 multicast leaves. Node's
    /// `setMulticastInterface`.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable).
    pub fn set_multicast_if_v4(&self, interface: Ipv4Addr) -> io::Result<()> {
        self.socket.options().set_multicast_if_v4(&interface)
    }

    /// The interface, by its index, through which IPv6 multicast leaves. Node's
    /// `setMulticastInterface`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_multicast_if_v6(&self, interface: u32) -> io::Result<()> {
        self.socket.options().set_multicast_if_v6(interface)
    }

    /// Joins a group, on the interface with this address; the system chooses one for
    /// [`UNSPECIFIED`](Ipv4Addr::UNSPECIFIED). Node's `addMembership`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for an address that is not multicast, else what
    /// the system says, such as `EADDRINUSE` for a group that was joined already.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket.options().join_multicast_v4(&group, &interface)
    }

    /// Leaves a group. Node's `dropMembership`.
    ///
    /// # Errors
    ///
    /// [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable) for a group that was not joined.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket.options().leave_multicast_v4(&group, &interface)
    }

    /// Joins a group, on the interface with this index; the system chooses one for 0. Node's
    /// `addMembership`.
    ///
    /// # Errors
    ///
    /// As for [`join_multicast_v4`](Self::join_multicast_v4).
    pub fn join_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket.options().join_multicast_v6(&group, interface)
    }

    /// Leaves a group. Node's `dropMembership`.
    ///
    /// # Errors
    ///
    /// As for [`leave_multicast_v4`](Self::leave_multicast_v4).
    pub fn leave_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket.options().leave_multicast_v6(&group, interface)
    }

    /// Receives what `source` sends to a group. Node's `addSourceSpecificMembership`.
    ///
    /// # Errors
    ///
    /// As for [`join_multicast_v4`](Self::join_multicast_v4).
    pub fn join_ssm_v4(
        &self,
        source: Ipv4Addr,
        group: Ipv4Addr,
        interface: Ipv4Addr,
    ) -> io::Result<()> {
        self.socket
            .options()
            .join_ssm_v4(&source, &group, &interface)
    }

    /// Receives it no more. Node's `dropSourceSpecificMembership`.
    ///
    /// # Errors
    ///
    /// As for [`leave_multicast_v4`](Self::leave_multicast_v4).
    pub fn leave_ssm_v4(
        &self,
        source: Ipv4Addr,
        group: Ipv4Addr,
        interface: Ipv4Addr,
    ) -> io::Result<()> {
        self.socket
            .options()
            .leave_ssm_v4(&source, &group, &interface)
    }

    /// Asks for room, in bytes, for messages that nobody has received yet; the system has its own
    /// limits and doubles what it grants. Node's `setRecvBufferSize`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_recv_buffer_size(&self, bytes: usize) -> io::Result<()> {
        self.socket.options().set_recv_buffer_size(bytes)
    }

    /// The room, in bytes, for messages that nobody has received yet. Node's `getRecvBufferSize`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn recv_buffer_size(&self) -> io::Result<usize> {
        self.socket.options().recv_buffer_size()
    }

    /// Asks for room, in bytes, for messages that were not sent yet; as
    /// [`set_recv_buffer_size`](Self::set_recv_buffer_size). Node's `setSendBufferSize`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_send_buffer_size(&self, bytes: usize) -> io::Result<()> {
        self.socket.options().set_send_buffer_size(bytes)
    }

    /// The room, in bytes, for messages that were not sent yet. Node's `getSendBufferSize`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn send_buffer_size(&self) -> io::Result<usize> {
        self.socket.options().send_buffer_size()
    }
}
