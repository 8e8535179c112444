//! Each future of a `gather!` wakes it under a part of its own.

use std::{sync::Arc, task::Waker};

use crate::{
    tree::ScopeNode,
    wake::{part, part_waker},
};

pub(super) const fn member_part(index: usize) -> u32 {
    part::MEMBER << index
}

/// Which member it is stands in the type of its waker, which so costs one allocation and no more.
const WAKERS: [fn(&Arc<ScopeNode>) -> Waker; 12] = [
    part_waker::<{ member_part(0) }, _>,
    part_waker::<{ member_part(1) }, _>,
    part_waker::<{ member_part(2) }, _>,
    part_waker::<{ member_part(3) }, _>,
    part_waker::<{ member_part(4) }, _>,
    part_waker::<{ member_part(5) }, _>,
    part_waker::<{ member_part(6) }, _>,
    part_waker::<{ member_part(7) }, _>,
    part_waker::<{ member_part(8) }, _>,
    part_waker::<{ member_part(9) }, _>,
    part_waker::<{ member_part(10) }, _>,
    part_waker::<{ member_part(11) }, _>,
];

/// The waker of one member.
pub(super) fn member_waker(node: &Arc<ScopeNode>, index: usize) -> Waker {
    WAKERS[index](node)
}
