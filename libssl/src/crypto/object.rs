//! libcrypto's objects as owning types.

use openssl_sys as ffi;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// An object of libcrypto's that is freed by a function of its own.
///
/// # Safety
/// `free` gives back what an owner holds, and the objects may be used by several threads as OpenSSL documents it.
pub unsafe trait Object {
    /// Gives an object, or one reference to it, back.
    ///
    /// # Safety
    /// `object` is alive, and its reference the caller's to give.
    unsafe fn free(object: *mut Self);
}

/// An object whose references are counted.
///
/// # Safety
/// After `up_ref` has answered true, `free` may be called once more.
pub unsafe trait Counted: Object {
    /// Adds a reference; false where libcrypto cannot.
    ///
    /// # Safety
    /// `object` is alive.
    unsafe fn up_ref(object: *mut Self) -> bool;
}

/// A reference to an object of libcrypto's, given back on drop.
pub struct Owned<T: Object>(NonNull<T>);

// SAFETY: the trait says so.
unsafe impl<T: Object> Send for Owned<T> {}
// SAFETY: the trait says so.
unsafe impl<T: Object> Sync for Owned<T> {}

impl<T: Object> Owned<T> {
    /// Takes over a reference; None for NULL.
    ///
    /// # Safety
    /// `object` is NULL, or alive and its reference the caller's to give.
    pub unsafe fn from_raw(object: *mut T) -> Option<Self> {
        NonNull::new(object).map(Owned)
    }

    /// The pointer, for as long as this lives.
    pub fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// Gives the reference to the caller.
    pub fn into_raw(self) -> *mut T {
        std::mem::ManuallyDrop::new(self).as_ptr()
    }
}

impl<T: Counted> Owned<T> {
    /// Adds a reference to an object that somebody else holds; None for NULL.
    ///
    /// # Safety
    /// `object` is NULL or alive.
    pub unsafe fn share(object: *mut T) -> Option<Self> {
        // SAFETY: alive, by the caller's promise.
        NonNull::new(object).filter(|object| unsafe { T::up_ref(object.as_ptr()) }).map(Owned)
    }
}

impl<T: Counted> Clone for Owned<T> {
    fn clone(&self) -> Self {
        // SAFETY: alive for as long as `self` is. That a count cannot go up happens where it overflows.
        unsafe { Self::share(self.as_ptr()) }.expect("a reference more")
    }
}

impl<T: Object> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the reference is ours.
        unsafe { T::free(self.as_ptr()) }
    }
}

/// `STACK_OF(T)` with its elements.
pub struct Stack<T: Object> {
    raw: NonNull<ffi::OPENSSL_STACK>,
    elements: PhantomData<T>,
}

// SAFETY: the elements may be sent, by their trait, and the stack is memory that nobody else holds.
unsafe impl<T: Object> Send for Stack<T> {}
// SAFETY: through a shared reference a stack is only read.
unsafe impl<T: Object> Sync for Stack<T> {}

impl<T: Object> Stack<T> {
    /// An empty one.
    pub fn new() -> Self {
        // SAFETY: nothing is asked of the caller.
        let raw = NonNull::new(unsafe { ffi::OPENSSL_sk_new_null() }).expect("memory for a stack");
        Stack { raw, elements: PhantomData }
    }

    /// Takes over a stack and its elements; None for NULL.
    ///
    /// # Safety
    /// `stack` is NULL or a `STACK_OF(T)` that is the caller's to give.
    pub unsafe fn from_raw(stack: *mut ffi::OPENSSL_STACK) -> Option<Self> {
        Some(Stack { raw: NonNull::new(stack)?, elements: PhantomData })
    }

    /// The pointer, for as long as this lives.
    pub fn as_ptr(&self) -> *mut ffi::OPENSSL_STACK {
        self.raw.as_ptr()
    }

    /// Gives the stack and its elements to the caller.
    pub fn into_raw(self) -> *mut ffi::OPENSSL_STACK {
        std::mem::ManuallyDrop::new(self).as_ptr()
    }

    /// The elements, each alive for as long as the stack is.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = *mut T> + ExactSizeIterator {
        let raw = self.as_ptr();
        // SAFETY: the stack is ours.
        let count = unsafe { ffi::OPENSSL_sk_num(raw) };
        // SAFETY: the index is below the count.
        (0..count.max(0)).map(move |index| unsafe { ffi::OPENSSL_sk_value(raw, index) }.cast())
    }

    /// Adds an element at the end.
    pub fn push(&mut self, element: Owned<T>) {
        // SAFETY: the stack takes the reference over.
        let count = unsafe { ffi::OPENSSL_sk_push(self.as_ptr(), element.as_ptr().cast()) };
        assert!(count > 0, "memory for an element");
        std::mem::forget(element);
    }
}

impl<T: Counted> Stack<T> {
    /// A stack of its own with a reference more to every element.
    ///
    /// # Safety
    /// `stack` is NULL or a `STACK_OF(T)`.
    pub unsafe fn share(stack: *mut ffi::OPENSSL_STACK) -> Option<Self> {
        // SAFETY: alive, by the caller's promise; what is read is never freed here.
        let stack = std::mem::ManuallyDrop::new(unsafe { Self::from_raw(stack) }?);
        Some(Self::clone(&stack))
    }
}

impl<T: Object> Default for Stack<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Counted> Clone for Stack<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::new();
        // SAFETY: the elements are alive.
        self.iter().filter_map(|element| unsafe { Owned::share(element) }).for_each(|element| copy.push(element));
        copy
    }
}

impl<T: Object> Drop for Stack<T> {
    fn drop(&mut self) {
        unsafe extern "C" fn free<T: Object>(element: *mut libc::c_void) {
            // SAFETY: the stack holds objects of this type.
            unsafe { T::free(element.cast()) }
        }
        // SAFETY: the stack and its elements are ours.
        unsafe { ffi::OPENSSL_sk_pop_free(self.as_ptr(), Some(free::<T>)) }
    }
}
