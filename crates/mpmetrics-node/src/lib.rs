//! Node.js binding: converts, wraps, offers async tasks.
