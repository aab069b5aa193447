// The half of hdf5_file.h that reads.
#include <algorithm>
#include <cstring>

#include "frontend/format/hdf5_file.h"
#include "frontend/format/hdf5_id.h"
#include "frontend/format/read_file.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

constexpr size_t kMostText = 64 * 1024, kMostTexts = 100'000;
constexpr hsize_t kMostMembers = 100'000;

/// `a/b/c` as a, b, c.
std::vector<std::string> steps(const std::string& path) {
  std::vector<std::string> all;
  size_t begin = 0;
  while (begin < path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) all.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

}  // namespace

struct Hdf5Reader::Impl {
  QuietHdf5 quiet;
  std::string name;
  Hdf5Id file;

  [[noreturn]] void fail(const std::string& what) const { throw Error(name + ": " + what); }

  /// Whether there is such an object, behind hard links alone.
  bool exists(const std::string& path) const {
    std::string sofar;
    for (const std::string& step : steps(path)) {
      sofar += "/" + step;
      if (H5Lexists(file, sofar.c_str(), H5P_DEFAULT) <= 0) return false;
      H5L_info_t info{};
      if (H5Lget_info(file, sofar.c_str(), &info, H5P_DEFAULT) < 0) fail("is damaged");
      if (info.type != H5L_TYPE_HARD)
        fail("'" + sofar + "' is a link to elsewhere, which is refused");
    }
    return true;
  }
  Hdf5Id open(const std::string& path) const {
    if (!exists(path)) fail("there is no '" + path + "'");
    const std::string from_root = path.empty() ? "/" : path;
    Hdf5Id id(H5Oopen(file, from_root.c_str(), H5P_DEFAULT), H5Oclose);
    if (!id.good()) fail("'" + path + "' can't be read");
    return id;
  }
  bool is(const std::string& path, H5I_type_t type) const {
    return exists(path) && H5Iget_type(open(path)) == type;
  }

  std::optional<std::vector<std::string>> texts(const std::string& object,
                                                const std::string& attribute, bool one) const;
};

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path) {
  constexpr size_t kMostBytes = size_t{1} << 36, kGrowth = size_t{1} << 16;
  std::string bytes = read_file(path, path.string(), kMostBytes);
  QuietHdf5 quiet;
  const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, kGrowth, false);
  H5Pset_file_image(access, bytes.data(), bytes.size());
  Hdf5Id file(H5Fopen(kNameInMemory, H5F_ACC_RDONLY, access), H5Fclose);
  if (!file.good()) throw Error(path.string() + ": is no HDF5 file, or a damaged one");
  impl_.reset(new Impl{{}, path.string(), std::move(file)});
}

Hdf5Reader::~Hdf5Reader() = default;

bool Hdf5Reader::has_group(const std::string& path) const {
  return impl_->is(path, H5I_GROUP);
}
bool Hdf5Reader::has_dataset(const std::string& path) const {
  return impl_->is(path, H5I_DATASET);
}

std::vector<std::string> Hdf5Reader::members(const std::string& group) const {
  const Hdf5Id id = impl_->open(group);
  H5G_info_t info{};
  if (H5Iget_type(id) != H5I_GROUP || H5Gget_info(id, &info) < 0)
    impl_->fail("'" + group + "' is no group");
  if (info.nlinks > kMostMembers) impl_->fail("'" + group + "' has more than 100,000 members");
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto get = [&](char* to, size_t size) {
      return H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, to, size, H5P_DEFAULT);
    };
    const ssize_t size = get(nullptr, 0);
    if (size < 0 || static_cast<size_t>(size) > kMostText) impl_->fail("is damaged");
    std::string name(static_cast<size_t>(size) + 1, '\0');
    if (get(name.data(), name.size()) < 0) impl_->fail("is damaged");
    name.pop_back();
    names.push_back(std::move(name));
  }
  return names;
}

std::optional<std::vector<std::string>> Hdf5Reader::Impl::texts(const std::string& object,
                                                                const std::string& attribute,
                                                                bool one) const {
  const Hdf5Id id = open(object);
  if (H5Aexists(id, attribute.c_str()) <= 0) return std::nullopt;
  const std::string where = "attribute '" + attribute + "' of '" + object + "'";
  const Hdf5Id a(H5Aopen(id, attribute.c_str(), H5P_DEFAULT), H5Aclose);
  if (!a.good()) fail(where + " can't be read");
  const Hdf5Id type(H5Aget_type(a), H5Tclose), space(H5Aget_space(a), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (count < 0 || static_cast<size_t>(count) > kMostTexts || (one && count != 1))
    fail(where + " has " + std::to_string(count) + " values");
  // h5py keeps an empty list of texts as numbers.
  if (count == 0) return std::vector<std::string>{};
  if (!type.good() || H5Tget_class(type) != H5T_STRING) fail(where + " is no text");
  std::vector<std::string> all;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> values(static_cast<size_t>(count), nullptr);
    const Hdf5Id memory(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    if (H5Aread(a, memory, values.data()) < 0) fail(where + " can't be read");
    for (const char* v : values) all.emplace_back(v ? std::string(v, strnlen(v, kMostText)) : "");
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, values.data());
    return all;
  }
  const size_t size = H5Tget_size(type);
  if (size == 0 || size > kMostText) fail(where + " is longer than 64 kB");
  std::string values(size * static_cast<size_t>(count), '\0');
  if (H5Aread(a, type, values.data()) < 0) fail(where + " can't be read");
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    all.emplace_back(values.data() + i * size, strnlen(values.data() + i * size, size));
  return all;
}

std::optional<std::string> Hdf5Reader::text(const std::string& object,
                                            const std::string& attribute) const {
  auto all = impl_->texts(object, attribute, true);
  if (!all) return std::nullopt;
  return all->empty() ? "" : std::move(all->front());
}

std::optional<std::vector<std::string>> Hdf5Reader::texts(const std::string& object,
                                                          const std::string& attribute) const {
  return impl_->texts(object, attribute, false);
}

std::vector<int64_t> Hdf5Reader::shape(const std::string& dataset) const {
  const Hdf5Id id = impl_->open(dataset);
  const Hdf5Id space(H5Iget_type(id) == H5I_DATASET ? H5Dget_space(id) : H5I_INVALID_HID, H5Sclose);
  const int rank = space.good() ? H5Sget_simple_extent_ndims(space) : -1;
  if (rank < 0 || rank > 32) impl_->fail("'" + dataset + "' is no array");
  std::vector<hsize_t> sizes(static_cast<size_t>(rank));
  if (H5Sget_simple_extent_dims(space, sizes.data(), nullptr) < 0) impl_->fail("is damaged");
  std::vector<int64_t> shape;
  for (hsize_t s : sizes) {
    if (s > static_cast<hsize_t>(INT64_MAX)) impl_->fail("'" + dataset + "' is too large");
    shape.push_back(static_cast<int64_t>(s));
  }
  return shape;
}

void Hdf5Reader::read(const std::string& dataset, const std::vector<int64_t>& shape,
                      std::span<float> to) const {
  const auto text = [](const std::vector<int64_t>& dims) {
    std::string s = "[";
    for (size_t i = 0; i < dims.size(); ++i) s += (i ? "," : "") + std::to_string(dims[i]);
    return s + "]";
  };
  const std::vector<int64_t> found = this->shape(dataset);
  if (found != shape)
    impl_->fail("'" + dataset + "' has shape " + text(found) + ", expected " + text(shape));
  const Hdf5Id id = impl_->open(dataset);
  const Hdf5Id type(H5Dget_type(id), H5Tclose), how(H5Dget_create_plist(id), H5Pclose);
  // Whole ones too: Keras counts with them.
  const H5T_class_t kind = type.good() ? H5Tget_class(type) : H5T_NO_CLASS;
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    impl_->fail("'" + dataset + "' does not hold numbers");
  if (!how.good() || H5Pget_external_count(how) != 0 || H5Pget_layout(how) == H5D_VIRTUAL)
    impl_->fail("'" + dataset + "' is kept in another file, which is refused");
  if (H5Pget_layout(how) == H5D_CHUNKED) {
    // A chunk is read as a whole: one that is far larger than the array is there to fill memory.
    hsize_t sizes[32], all = 1;
    const int rank = H5Pget_chunk(how, 32, sizes);
    constexpr hsize_t kLarge = hsize_t{1} << 24;
    for (int i = 0; i < rank && all <= kLarge; ++i) all *= std::min(sizes[i], kLarge + 1);
    if (rank < 0 || all > std::max<hsize_t>(1 << 16, 4 * to.size()))
      impl_->fail("'" + dataset + "' is kept in chunks that are larger than itself");
  }
  if (H5Dread(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, to.data()) < 0)
    impl_->fail("'" + dataset + "' can't be read: the file is damaged");
}

}  // namespace lathe::detail
