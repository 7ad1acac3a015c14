//! Which kind of stores JavaScript may use to update cells on this machine.

/// The kinds of stores by which JavaScript may update cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Stores {
    /// Plain stores, because other processors see them in program order.
    Plain = 0,
    /// Plain stores to cells, and atomic ones to sequence words, because the processor may reorder plain stores. An
    /// update of cells between two sequence words begins with a read-modify-write of the last sequence word, and ends
    /// with a store to the first.
    Ordered = 1,
    /// No stores of JavaScript: only native code updates cells.
    Native = 2,
}

impl Stores {
    /// Returns the kind of stores that this machine and this build allow.
    #[must_use]
    pub fn here() -> Self {
        if cfg!(feature = "locked") {
            return Self::Native;
        }
        #[cfg(target_arch = "x86_64")]
        return Self::Plain;
        // With the Large System Extensions, a read-modify-write is one instruction, which no later store overtakes.
        // Without them, it consists of a load and a store, which a later store may overtake.
        #[cfg(target_arch = "aarch64")]
        return if std::arch::is_aarch64_feature_detected!("lse") {
            Self::Ordered
        } else {
            Self::Native
        };
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        return Self::Native;
    }
}

#[cfg(test)]
mod tests {
    use super::Stores;

    #[test]
    fn stricter_is_greater() {
        assert!(Stores::Plain < Stores::Ordered && Stores::Ordered < Stores::Native);
        if cfg!(feature = "locked") {
            assert_eq!(Stores::here(), Stores::Native);
        } else if cfg!(target_arch = "x86_64") {
            assert_eq!(Stores::here(), Stores::Plain);
        }
    }
}
