// The half of hdf5_file.h that writes.
#include <algorithm>

#include "frontend/format/atomic_file.h"
#include "frontend/format/hdf5_file.h"
#include "frontend/format/hdf5_id.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

void check(bool good) {
  if (!good) throw Error("the HDF5 library can't make the file");
}

Hdf5Id text_type(size_t size) {
  Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(type.good() && H5Tset_size(type, size) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0);
  return type;
}

/// In memory alone.
Hdf5Id new_file() {
  constexpr size_t kGrowth = size_t{1} << 20;
  const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(access.good() && H5Pset_fapl_core(access, kGrowth, false) >= 0);
  Hdf5Id file(H5Fcreate(kNameInMemory, H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  check(file.good());
  return file;
}

}  // namespace

struct Hdf5Writer::Impl {
  QuietHdf5 quiet;
  Hdf5Id file = new_file();

  /// The same file from the same weights, whenever it is made.
  static void no_times(hid_t how) { check(H5Pset_obj_track_times(how, false) >= 0); }

  void attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                 const void* data) {
    const Hdf5Id id(H5Oopen(file, object.empty() ? "/" : object.c_str(), H5P_DEFAULT), H5Oclose);
    check(id.good());
    const Hdf5Id a(H5Acreate2(id, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    check(a.good() && H5Awrite(a, type, data) >= 0);
  }
};

Hdf5Writer::Hdf5Writer() : impl_(new Impl) {}
Hdf5Writer::~Hdf5Writer() = default;

void Hdf5Writer::group(const std::string& path) {
  for (size_t end = 0; end != path.npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (H5Lexists(impl_->file, part.c_str(), H5P_DEFAULT) > 0) continue;
    const Hdf5Id how(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
    Impl::no_times(how);
    const Hdf5Id id(H5Gcreate2(impl_->file, part.c_str(), H5P_DEFAULT, how, H5P_DEFAULT), H5Gclose);
    check(id.good());
  }
}

void Hdf5Writer::text(const std::string& object, const std::string& attribute,
                      const std::string& value) {
  const Hdf5Id space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Id type = text_type(std::max<size_t>(1, value.size()));
  impl_->attribute(object, attribute, type, space, value.c_str());
}

void Hdf5Writer::texts(const std::string& object, const std::string& attribute,
                       const std::vector<std::string>& values) {
  size_t size = 1;
  for (const std::string& v : values) size = std::max(size, v.size());
  std::string all;
  for (const std::string& v : values) all += v + std::string(size - v.size(), '\0');
  const hsize_t count = values.size();
  const Hdf5Id space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  impl_->attribute(object, attribute, text_type(size), space, all.c_str());
}

void Hdf5Writer::numbers(const std::string& path, const std::vector<int64_t>& shape,
                         std::span<const float> values) {
  if (const size_t slash = path.rfind('/'); slash != path.npos) group(path.substr(0, slash));
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const Hdf5Id space(sizes.empty()
                         ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                     H5Sclose);
  const Hdf5Id how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  Impl::no_times(how);
  const Hdf5Id id(
      H5Dcreate2(impl_->file, path.c_str(), H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT),
      H5Dclose);
  check(id.good() &&
        H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
}

void Hdf5Writer::save(const std::filesystem::path& path) {
  check(H5Fflush(impl_->file, H5F_SCOPE_GLOBAL) >= 0);
  const ssize_t size = H5Fget_file_image(impl_->file, nullptr, 0);
  check(size > 0);
  std::string bytes(static_cast<size_t>(size), '\0');
  check(H5Fget_file_image(impl_->file, bytes.data(), bytes.size()) == size);
  write_file_atomically(path, bytes);
}

}  // namespace lathe::detail
