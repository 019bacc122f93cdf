//! What connections of every kind have in common: bytes in order, both ways.

/// The methods of a connection whose `socket` field is a [`Socket`](super::socket::Socket).
macro_rules! stream_socket {
    ($name:ident) => {
        impl $name {
            /// Receives at least one byte into `buffer`, from its beginning up to its capacity. Zero bytes
            /// are the end of the stream, or a buffer without room.
            ///
            /// # Errors
            ///
            /// What the system says, such as [`ConnectionReset`](std::io::ErrorKind::ConnectionReset); and what it
            /// has said to a [`ReceiveStream`](crate::net::ReceiveStream) that was stopped.
            ///
            /// # Cancel safety
            ///
            /// Dropping the operation may lose bytes that the kernel had received by then.
            /// [`Op::cancel`](crate::io::Op::cancel) loses none: it returns them.
            pub fn read<B: synodic_buffers::IoBufMut>(
                &self,
                buffer: B,
            ) -> crate::io::Op<crate::io::BufResult<usize, B>> {
                let fd = self.socket.fd.clone();
                match fd.take_error() {
                    None => self.socket.io.submit(crate::io::ops::Recv { fd, buffer }),
                    Some(code) => self
                        .socket
                        .io
                        .submit_ended(crate::io::ops::Recv { fd, buffer }, -code),
                }
            }

            /// Sends from `buffer` what there is room for, at least one byte, and returns how much.
            ///
            /// # Errors
            ///
            /// What the system says, such as [`BrokenPipe`](std::io::ErrorKind::BrokenPipe).
            ///
            /// # Cancel safety
            ///
            /// Dropping the operation leaves open how much was sent. [`Op::cancel`](crate::io::Op::cancel) tells.
            pub fn write<B: synodic_buffers::IoBuf>(
                &self,
                buffer: B,
            ) -> crate::io::Op<crate::io::BufResult<usize, B>> {
                self.socket.io.submit(crate::io::ops::Send {
                    fd: self.socket.fd.clone(),
                    buffer,
                })
            }

            /// Sends from several buffers, in order, as one. At most 1,024 of them take part.
            ///
            /// # Errors
            ///
            /// As for [`write`](Self::write).
            ///
            /// # Cancel safety
            ///
            /// As for [`write`](Self::write).
            pub fn write_vectored<B: synodic_buffers::IoBuf>(
                &self,
                buffers: Vec<B>,
            ) -> crate::io::Op<crate::io::BufResult<usize, Vec<B>>> {
                self.socket.io.submit(crate::io::ops::SendVectored::new(
                    self.socket.fd.clone(),
                    buffers,
                ))
            }

            /// Sends the whole buffer.
            ///
            /// # Errors
            ///
            /// As for [`write`](Self::write); how much was sent before is then unknown.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future leaves open how much was sent, and the buffer is dropped.
            pub async fn write_all<B: synodic_buffers::IoBuf>(
                &self,
                mut buffer: B,
            ) -> crate::io::BufResult<(), B> {
                let len = buffer.init_len();
                let mut done = 0;
                while done < len {
                    let (result, slice) = self.write(buffer.slice(done..len)).await;
                    buffer = slice.into_inner();
                    match result {
                        Ok(0) => return (Err(std::io::ErrorKind::WriteZero.into()), buffer),
                        Ok(written) => done += written,
                        Err(error) => return (Err(error), buffer),
                    }
                }
                (Ok(()), buffer)
            }

            /// Receives until `buffer` is full.
            ///
            /// # Errors
            ///
            /// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) when the stream ends before, else as for
            /// [`read`](Self::read). What was received is in the buffer.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future loses what was received.
            pub async fn read_exact<B: synodic_buffers::IoBufMut>(
                &self,
                mut buffer: B,
            ) -> crate::io::BufResult<(), B> {
                let len = buffer.total_len();
                let mut done = 0;
                while done < len {
                    let (result, slice) = self.read(buffer.slice(done..len)).await;
                    buffer = slice.into_inner();
                    match result {
                        Ok(0) => return (Err(std::io::ErrorKind::UnexpectedEof.into()), buffer),
                        Ok(count) => done += count,
                        Err(error) => return (Err(error), buffer),
                    }
                }
                (Ok(()), buffer)
            }

            /// The received bytes as a stream of pooled buffers: the way to receive where data flows.
            pub fn receive_stream(&self) -> crate::net::ReceiveStream {
                crate::net::ReceiveStream::new(self.socket.clone())
            }

            /// Ends one direction or both.
            ///
            /// # Errors
            ///
            /// What the system says, such as [`NotConnected`](std::io::ErrorKind::NotConnected).
            ///
            /// # Cancel safety
            ///
            /// Dropping the operation leaves open whether it took place.
            pub fn shutdown(&self, how: std::net::Shutdown) -> crate::io::Op<std::io::Result<()>> {
                self.socket.io.submit(crate::io::ops::Shutdown {
                    fd: self.socket.fd.clone(),
                    how,
                })
            }
        }
    };
}
pub(super) use stream_socket;
