#include "dicom/file_scan.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::dicom {
namespace {

constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D, kSequenceEnd = 0xFFFEE0DD;
constexpr std::uint32_t kPixelData = 0x7FE00010;
constexpr std::size_t kPreambleBytes = 128;
constexpr std::size_t kUidBytesMax = 64;

struct Encoding {
  bool is_explicit = true, big = false, deflated = false;
};

// PS3.5 section 7.1.2: these have a length of 32 bits.
bool HasLongLength(std::string_view vr) {
  static constexpr std::string_view kLong[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                               "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::ranges::find(kLong, vr) != std::end(kLong);
}

bool HasShortLength(std::string_view vr) {
  static constexpr std::string_view kShort[] = {"AE", "AS", "AT", "CS", "DA", "DS", "DT",
                                                "FD", "FL", "IS", "LO", "LT", "PN", "SH",
                                                "SL", "SS", "ST", "TM", "UI", "UL", "US"};
  return std::ranges::find(kShort, vr) != std::end(kShort);
}

absl::StatusOr<Encoding> EncodingOf(std::string_view uid) {
  if (uid == UID_LittleEndianImplicitTransferSyntax) return Encoding{.is_explicit = false};
  if (uid == UID_BigEndianExplicitTransferSyntax) return Encoding{.big = true};
  if (uid == UID_DeflatedExplicitVRLittleEndianTransferSyntax) return Encoding{.deflated = true};
  if (DcmXfer(std::string(uid).c_str()).getXfer() == EXS_Unknown)
    return absl::InvalidArgumentError("a transfer syntax that is not known");
  return Encoding{};
}

class Scanner {
 public:
  explicit Scanner(ByteInput& input) : input_(input) {}

  absl::StatusOr<FileScan> Run() {
    std::array<char, kPreambleBytes + 4> head;
    if (input_.Read(head.data(), head.size()) < head.size() ||
        std::string_view(head.data() + kPreambleBytes, 4) != "DICM") {
      ESSAIM_RETURN_IF_ERROR(input_.status());
      return absl::NotFoundError("no DICOM file: no 'DICM' at byte 128");
    }
    ESSAIM_RETURN_IF_ERROR(Meta());
    ESSAIM_ASSIGN_OR_RETURN(encoding_, EncodingOf(scan_.transfer_syntax_uid));
    if (!encoding_.deflated) {
      ESSAIM_RETURN_IF_ERROR(Elements(kNoEnd, 0));
      return scan_;
    }
    InflatedInput inflated(input_, kInflatedBytesMax);
    from_ = &inflated;
    position_ = 0;
    ESSAIM_RETURN_IF_ERROR(Elements(kNoEnd, 0));
    return scan_;
  }

 private:
  struct Element {
    std::uint32_t tag = 0, length = 0;
    std::string vr;  // empty where the encoding is implicit
  };

  absl::Status Broken(std::string_view reason) const {
    return absl::InvalidArgumentError(
        absl::StrFormat("(%04X,%04X): %s", tag_ >> 16, tag_ & 0xFFFF, Av(reason)));
  }

  absl::Status EndsEarly() const {
    ESSAIM_RETURN_IF_ERROR(from_->status());
    return Broken("the file ends in the middle of it");
  }

  std::size_t Read(char* out, std::size_t n) {
    const std::size_t got = from_->Read(out, n);
    position_ += got;
    return got;
  }

  bool Skip(std::uint64_t n) {
    while (n > 0) {
      const std::size_t part = std::min<std::uint64_t>(n, skipped_.size());
      if (Read(skipped_.data(), part) < part) return false;
      n -= part;
    }
    return true;
  }

  std::uint32_t Number(const char* at, std::size_t n) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t byte = encoding_.big ? i : n - 1 - i;
      value = value << 8 | static_cast<unsigned char>(at[byte]);
    }
    return value;
  }

  std::uint32_t Tag(const char* at) const { return Number(at, 2) << 16 | Number(at + 2, 2); }

  // The rest of an element's head, after its tag.
  absl::Status Head(Element& element) {
    std::array<char, 8> bytes;
    tag_ = element.tag;
    if (++n_elements_ > kElementsMax) return Broken("too many data elements");
    const bool delimiter = element.tag >> 16 == 0xFFFE;
    if (Read(bytes.data(), 4) < 4) return EndsEarly();
    if (delimiter || !encoding_.is_explicit) {
      element.length = Number(bytes.data(), 4);
      return absl::OkStatus();
    }
    element.vr.assign(bytes.data(), 2);
    if (HasLongLength(element.vr)) {
      if (Read(bytes.data() + 4, 4) < 4) return EndsEarly();
      element.length = Number(bytes.data() + 4, 4);
      return absl::OkStatus();
    }
    if (!HasShortLength(element.vr)) return Broken("no value representation");
    element.length = Number(bytes.data() + 2, 2);
    return absl::OkStatus();
  }

  // The group 0002 is explicit little endian whatever comes after it. It ends where its own length
  // says; a file without that length cannot be told from a dataset that begins with the same bytes.
  absl::Status Meta() {
    encoding_ = Encoding{};
    position_ = 0;
    std::uint64_t end = kNoEnd;
    while (position_ < end) {
      std::array<char, 4> bytes;
      Element element;
      tag_ = 0x00020000;
      if (Read(bytes.data(), 4) < 4) return EndsEarly();
      element.tag = Tag(bytes.data());
      ESSAIM_RETURN_IF_ERROR(Head(element));
      const bool is_first = end == kNoEnd;
      if (is_first && element.tag != 0x00020000)
        return Broken("the file's meta information begins without its length, (0002,0000)");
      if (is_first != (element.tag == 0x00020000) || element.tag >> 16 != 2)
        return Broken("the file's meta information has not the length that it says");
      if (!is_first && (position_ > end || element.length > end - position_))
        return Broken("longer than the file's meta information");
      std::string value;
      ESSAIM_RETURN_IF_ERROR(MetaValue(element, value));
      if (is_first) {
        if (element.vr != "UL" || value.size() != 4) return Broken("no length");
        end = position_ + Number(value.data(), 4);
        if (end > kHeaderBytesMax) return Broken("too long");
      }
      if (element.tag == 0x00020010) scan_.transfer_syntax_uid = value;
      if (element.tag == 0x00020002) scan_.media_storage_sop_class_uid = value;
    }
    tag_ = 0x00020010;
    return scan_.transfer_syntax_uid.empty() ? Broken("no transfer syntax") : absl::OkStatus();
  }

  absl::Status MetaValue(const Element& element, std::string& value) {
    if (element.length > kUidBytesMax) return Skip(element.length) ? absl::OkStatus() : EndsEarly();
    value.resize(element.length);
    if (Read(value.data(), value.size()) < value.size()) return EndsEarly();
    if (element.vr != "UI") return absl::OkStatus();
    while (!value.empty() && (value.back() == '\0' || value.back() == ' ')) value.pop_back();
    return absl::OkStatus();
  }

  // Data elements up to `end`, or up to the delimiter of an item of undefined length.
  absl::Status Elements(std::uint64_t end, int depth) {
    while (position_ < end) {
      std::array<char, 4> bytes;
      const std::size_t got = Read(bytes.data(), 4);
      if (got == 0 && depth == 0) return from_->status();
      if (got < 4) return EndsEarly();
      Element element{.tag = Tag(bytes.data())};
      ESSAIM_RETURN_IF_ERROR(Head(element));
      if (element.tag == kItemEnd && depth > 0 && end == kNoEnd) return absl::OkStatus();
      if (element.tag >> 16 == 0xFFFE) return Broken("a delimiter that ends nothing");
      ESSAIM_RETURN_IF_ERROR(Value(element, end, depth));
    }
    return position_ == end ? absl::OkStatus() : Broken("longer than the item that holds it");
  }

  absl::Status Value(const Element& element, std::uint64_t end, int depth) {
    const bool undefined = element.length == kUndefined;
    if (position_ > end || (!undefined && element.length > end - position_))
      return Broken("longer than the item that holds it");
    const auto group = static_cast<Uint16>(element.tag >> 16);
    const bool fragments = element.tag == kPixelData && undefined;
    bool sequence = element.vr == "SQ" || (element.vr == "UN" && undefined);
    if (!encoding_.is_explicit) {
      const DcmTag known(group, static_cast<Uint16>(element.tag & 0xFFFF));
      sequence = !fragments && (undefined || known.getEVR() == EVR_SQ);
    }
    if (fragments) return Items(kNoEnd, depth, true);
    if (!sequence) {
      if (undefined) return Broken("no sequence, and no length");
      return Plain(element, depth);
    }
    const std::uint64_t inner_end = undefined ? kNoEnd : position_ + element.length;
    if (element.vr != "UN") return Items(inner_end, depth, false);
    // PS3.5 section 6.2.2 note 2: what an unknown sequence holds is implicit little endian.
    const Encoding outer = encoding_;
    encoding_ = Encoding{.is_explicit = false};
    const absl::Status done = Items(inner_end, depth, false);
    encoding_ = outer;
    return done;
  }

  // A value that is no sequence. Of a private element in an implicit encoding nothing says so, and
  // DCMTK may know it as one: what begins with an item is looked over as one.
  absl::Status Plain(const Element& element, int depth) {
    if (element.length <= kBulkBytes) header_bytes_ += element.length;
    if (header_bytes_ > kHeaderBytesMax) return Broken("the header is too long");
    const bool is_private = (element.tag >> 16) % 2 == 1;
    if (encoding_.is_explicit || !is_private || element.length < 8)
      return Skip(element.length) ? absl::OkStatus() : EndsEarly();
    std::array<char, 4> bytes;
    const std::uint64_t inner_end = position_ + element.length;
    if (Read(bytes.data(), 4) < 4) return EndsEarly();
    if (Tag(bytes.data()) != kItem)
      return Skip(element.length - 4) ? absl::OkStatus() : EndsEarly();
    return ItemsFrom(kItem, inner_end, depth, false);
  }

  absl::Status Items(std::uint64_t end, int depth, bool fragments) {
    std::array<char, 4> bytes;
    if (position_ == end) return absl::OkStatus();
    if (Read(bytes.data(), 4) < 4) return EndsEarly();
    return ItemsFrom(Tag(bytes.data()), end, depth, fragments);
  }

  absl::Status ItemsFrom(std::uint32_t first_tag, std::uint64_t end, int depth, bool fragments) {
    const std::uint32_t sequence_tag = tag_;
    if (depth >= kDepthMax) return Broken("sequences nested too deep");
    for (std::uint32_t tag = first_tag;;) {
      const bool ends = tag == kSequenceEnd && end == kNoEnd;
      if (tag != kItem && !ends) return Broken("a sequence of something that is no item");
      Element item{.tag = tag};
      ESSAIM_RETURN_IF_ERROR(Head(item));
      if (ends) return absl::OkStatus();
      tag_ = sequence_tag;
      const bool undefined = item.length == kUndefined;
      if (fragments) {
        if (undefined) return Broken("a fragment without a length");
        if (!Skip(item.length)) return EndsEarly();
      } else {
        if (position_ > end || (!undefined && item.length > end - position_))
          return Broken("an item longer than its sequence");
        ESSAIM_RETURN_IF_ERROR(Elements(undefined ? kNoEnd : position_ + item.length, depth + 1));
      }
      tag_ = sequence_tag;
      if (position_ == end) return absl::OkStatus();
      if (position_ > end) return Broken("an item longer than its sequence");
      std::array<char, 4> bytes;
      if (Read(bytes.data(), 4) < 4) return EndsEarly();
      tag = Tag(bytes.data());
    }
  }

  ByteInput& input_;
  ByteInput* from_ = &input_;
  FileScan scan_;
  Encoding encoding_;
  std::uint64_t position_ = 0, n_elements_ = 0, header_bytes_ = 0;
  std::uint32_t tag_ = 0;  // of the element in hand, for messages
  std::vector<char> skipped_ = std::vector<char>(1 << 16);
};

}  // namespace

absl::StatusOr<FileScan> ScanFile(ByteInput& input) { return Scanner(input).Run(); }

}  // namespace essaim::dicom
