// Frames that wait to be written to a stream, and the thread that writes them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace essaim::transport {

// Frames are written in order by one thread; Close wakes it and drops what is left. Thread-safe.
template <typename Frame>
class FrameQueue {
 public:
  void Push(Frame frame) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) return;
      frames_.push_back(std::move(frame));
    }
    changed_.notify_one();
  }

  // Writes until Close, or until `write` says that the stream is broken.
  void Drain(const std::function<bool(const Frame&)>& write) {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closed_ || !frames_.empty(); });
      if (closed_) return;
      const Frame frame = std::move(frames_.front());
      frames_.pop_front();
      lock.unlock();
      if (!write(frame)) return Close();
    }
  }

  void Close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      frames_.clear();
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Frame> frames_;
  bool closed_ = false;
};

}  // namespace essaim::transport
