//! refused: none
//! says: `gather!` takes up to twelve futures: put some of them into a `gather!` of their own, or give `gather(..)` futures
//! says: `try_gather!` takes up to twelve futures
fn main() {
    let f = || async { Ok::<u8, ()>(1) };
    let _ = purview::gather!(f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f());
    let _ = purview::try_gather!(f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f());
}
