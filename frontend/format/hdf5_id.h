// Handles of the HDF5 library, closed by the function that their kind needs.
#pragma once

#include <hdf5.h>

#include <utility>

namespace lathe::detail {

/// The library prints what goes wrong to standard error; here it is told by Errors alone.
class QuietHdf5 {
 public:
  QuietHdf5() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietHdf5() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  QuietHdf5(const QuietHdf5&) = delete;
  QuietHdf5& operator=(const QuietHdf5&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// Of a file that is in memory alone. The library refuses the name of one that is there on the disk;
/// there can be none of this name.
inline constexpr const char* kNameInMemory = "/dev/null/lathe";

class Hdf5Id {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Id(hid_t id, Close close) : id_(id), close_(close) {}
  Hdf5Id(Hdf5Id&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hdf5Id(const Hdf5Id&) = delete;
  Hdf5Id& operator=(const Hdf5Id&) = delete;
  ~Hdf5Id() {
    if (id_ >= 0) close_(id_);
  }
  bool good() const { return id_ >= 0; }
  operator hid_t() const { return id_; }  // NOLINT: it is one

 private:
  hid_t id_;
  Close close_;
};

}  // namespace lathe::detail
