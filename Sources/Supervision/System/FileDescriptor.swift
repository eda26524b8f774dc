import Glibc

/// A descriptor that is closed when its owner goes.
struct FileDescriptor: ~Copyable {
    let number: Int32

    init(owning number: Int32) { self.number = number }

    deinit { close(self.number) }
}
