#include "dicom/deidentify.h"

#include <array>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::dicom {
namespace {

enum class Kind { kText, kNumber, kBulk, kSequence, kOther };

Kind KindOf(DcmEVR vr) {
  switch (vr) {
    case EVR_AE:
    case EVR_AS:
    case EVR_CS:
    case EVR_DA:
    case EVR_DS:
    case EVR_DT:
    case EVR_IS:
    case EVR_LO:
    case EVR_LT:
    case EVR_PN:
    case EVR_SH:
    case EVR_ST:
    case EVR_TM:
    case EVR_UC:
    case EVR_UI:
    case EVR_UR:
    case EVR_UT:
      return Kind::kText;
    case EVR_AT:
    case EVR_FD:
    case EVR_FL:
    case EVR_SL:
    case EVR_SS:
    case EVR_SV:
    case EVR_UL:
    case EVR_US:
    case EVR_UV:
    case EVR_xs:
      return Kind::kNumber;
    case EVR_OB:
    case EVR_OD:
    case EVR_OF:
    case EVR_OL:
    case EVR_OV:
    case EVR_OW:
    case EVR_ox:
    case EVR_px:
    case EVR_PixelData:
      return Kind::kBulk;
    case EVR_SQ:
      return Kind::kSequence;
    default:
      return Kind::kOther;
  }
}

// A value of another kind than the dictionary's is not what its tag says: a name in a number's
// place, a sequence as unknown bytes that nobody could clean.
bool IsWhatItsTagSays(DcmElement& element) {
  const DcmTag known(element.getGTag(), element.getETag());
  if (known.getEVR() == EVR_UNKNOWN || known.getEVR() == EVR_UN) return false;
  const Kind expected = KindOf(known.getEVR()), found = KindOf(element.ident());
  if (known.getEVR() == EVR_lt) return found == Kind::kBulk || found == Kind::kNumber;
  return expected != Kind::kOther && found == expected;
}

// Something valid of the representation that says nothing.
const char* DummyText(DcmEVR vr) {
  switch (vr) {
    case EVR_AS:
      return "000Y";
    case EVR_DA:
      return "19000101";
    case EVR_DT:
      return "19000101000000";
    case EVR_TM:
      return "000000";
    case EVR_DS:
    case EVR_IS:
      return "0";
    case EVR_UR:
      return "about:blank";
    default:
      return "REMOVED";
  }
}

absl::Status Done(const OFCondition& condition, std::string_view what) {
  if (condition.good()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(Av(what), ": ", condition.text()));
}

class Cleaner {
 public:
  explicit Cleaner(const DeidentifyOptions& options) : options_(options) {}

  absl::Status Item(DcmItem& item) {
    for (unsigned long i = item.card(); i > 0; --i) {
      DcmElement* element = item.getElement(i - 1);
      if (element == nullptr) return absl::InternalError("an item that does not hold its elements");
      ESSAIM_RETURN_IF_ERROR(Apply(item, *element, ActionFor(*element)));
    }
    return absl::OkStatus();
  }

 private:
  Action ActionFor(DcmElement& element) const {
    const std::uint32_t group = element.getGTag();
    if (group % 2 == 1 || element.getETag() == 0) return Action::kRemove;
    // An overlay or a curve without its data is none.
    if ((group & 0xFF00) == 0x6000 || (group & 0xFF00) == 0x5000) return Action::kRemove;
    if (!IsWhatItsTagSays(element)) return Action::kRemove;
    const auto action = ActionOf(group << 16 | element.getETag(), options_.profile);
    return action.value_or(Action::kKeep);
  }

  absl::Status Apply(DcmItem& item, DcmElement& element, Action action) {
    const bool sequence = element.ident() == EVR_SQ;
    switch (action) {
      case Action::kRemove:
        return Remove(item, element);
      case Action::kEmpty:
        return Empty(element);
      case Action::kDummy:
        return Dummy(item, element);
      case Action::kNewUid:
        return Uid(element);
      case Action::kKeep:
        return sequence ? Items(element) : absl::OkStatus();
      case Action::kClean:
      case Action::kCleanUids:
        return sequence ? Items(element) : Empty(element);
    }
    return absl::InternalError("an action that is none");
  }

  static absl::Status Remove(DcmItem& item, DcmElement& element) {
    const std::unique_ptr<DcmElement> removed(item.remove(&element));
    return removed == nullptr ? absl::InternalError("an element that stays") : absl::OkStatus();
  }

  absl::Status Items(DcmElement& element) {
    auto& sequence = static_cast<DcmSequenceOfItems&>(element);
    for (unsigned long i = 0; i < sequence.card(); ++i)
      ESSAIM_RETURN_IF_ERROR(Item(*sequence.getItem(i)));
    return absl::OkStatus();
  }

  static absl::Status Empty(DcmElement& element) { return Done(element.clear(), "empty"); }

  // What a sequence held is told by nothing of it: one item stays, every value of it a dummy.
  absl::Status DummyItems(DcmSequenceOfItems& sequence) {
    while (sequence.card() > 1)
      const std::unique_ptr<DcmItem> removed(sequence.remove(sequence.card() - 1));
    if (sequence.card() == 0) return absl::OkStatus();
    DcmItem& item = *sequence.getItem(0);
    for (unsigned long i = item.card(); i > 0; --i) {
      DcmElement& element = *item.getElement(i - 1);
      const Action action = ActionFor(element);
      ESSAIM_RETURN_IF_ERROR(
          Apply(item, element,
                action == Action::kRemove || action == Action::kEmpty ? action : Action::kDummy));
    }
    return absl::OkStatus();
  }

  absl::Status Dummy(DcmItem& item, DcmElement& element) {
    if (element.getTag() == DCM_PatientID)
      return Done(element.putString(options_.patient_id.c_str()), "PatientID");
    switch (KindOf(element.ident())) {
      case Kind::kSequence:
        return DummyItems(static_cast<DcmSequenceOfItems&>(element));
      case Kind::kText:
        if (element.ident() == EVR_UI) return Uid(element);
        return Done(element.putString(DummyText(element.ident())), "dummy text");
      case Kind::kNumber:
        ESSAIM_RETURN_IF_ERROR(Empty(element));
        return Number(element);
      case Kind::kBulk: {
        ESSAIM_RETURN_IF_ERROR(Empty(element));
        static constexpr std::array<Uint8, 2> kZeros = {0, 0};
        if (element.ident() != EVR_OB) return absl::OkStatus();
        return Done(element.putUint8Array(kZeros.data(), kZeros.size()), "dummy bytes");
      }
      case Kind::kOther:
        return Remove(item, element);
    }
    return absl::InternalError("a kind that is none");
  }

  static absl::Status Number(DcmElement& element) {
    switch (element.ident()) {
      case EVR_FD:
        return Done(element.putFloat64(0, 0), "dummy number");
      case EVR_FL:
        return Done(element.putFloat32(0, 0), "dummy number");
      case EVR_SL:
        return Done(element.putSint32(0, 0), "dummy number");
      case EVR_SS:
        return Done(element.putSint16(0, 0), "dummy number");
      case EVR_UL:
        return Done(element.putUint32(0, 0), "dummy number");
      case EVR_US:
        return Done(element.putUint16(0, 0), "dummy number");
      default:
        return absl::OkStatus();  // stays empty
    }
  }

  absl::Status Uid(DcmElement& element) {
    if (element.ident() != EVR_UI) return Empty(element);
    OFString uid;
    ESSAIM_RETURN_IF_ERROR(Done(element.getOFStringArray(uid), "UID"));
    return Done(element.putString(NewUid(*options_.ids, {uid.data(), uid.size()}).c_str()), "UID");
  }

  const DeidentifyOptions& options_;
};

// 128 bits in base 10.
std::string Decimal(unsigned __int128 value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return digits;
}

std::string NewSingleUid(const IdMaker& ids, std::string_view uid) {
  if (uid.empty() || uid.starts_with("1.2.840.10008.")) return std::string(uid);
  const std::string hex = ids.PseudonymOf("dicom/uid", uid);
  unsigned __int128 value = 0;
  for (const char c : hex)
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  // RFC 9562: version 8 (bits of one's own), variant 10.
  constexpr auto kOne = static_cast<unsigned __int128>(1);
  value = (value & ~(kOne * 0xF << 76)) | kOne * 8 << 76;
  value = (value & ~(kOne * 3 << 62)) | kOne * 2 << 62;
  return "2.25." + Decimal(value);
}

absl::Status Code(DcmSequenceOfItems& sequence, const char* value, const char* meaning) {
  auto item = std::make_unique<DcmItem>();
  ESSAIM_RETURN_IF_ERROR(Done(item->putAndInsertString(DCM_CodeValue, value), "code"));
  ESSAIM_RETURN_IF_ERROR(Done(item->putAndInsertString(DCM_CodingSchemeDesignator, "DCM"), "code"));
  ESSAIM_RETURN_IF_ERROR(Done(item->putAndInsertString(DCM_CodeMeaning, meaning), "code"));
  ESSAIM_RETURN_IF_ERROR(Done(sequence.append(item.get()), "code"));
  static_cast<void>(item.release());  // the sequence's now
  return absl::OkStatus();
}

absl::Status Declare(DcmDataset& dataset, const ProfileOptions& profile) {
  const std::string method = absl::StrCat("PS3.15 ", Av(kProfileEdition), " Basic Profile, Essaim");
  ESSAIM_RETURN_IF_ERROR(
      Done(dataset.putAndInsertString(DCM_PatientIdentityRemoved, "YES"), "declare"));
  ESSAIM_RETURN_IF_ERROR(
      Done(dataset.putAndInsertString(DCM_DeidentificationMethod, method.c_str()), "declare"));
  ESSAIM_RETURN_IF_ERROR(
      Done(dataset.putAndInsertString(DCM_LongitudinalTemporalInformationModified, "REMOVED"),
           "declare"));
  auto codes = std::make_unique<DcmSequenceOfItems>(DCM_DeidentificationMethodCodeSequence);
  ESSAIM_RETURN_IF_ERROR(Code(*codes, "113100", "Basic Application Confidentiality Profile"));
  if (profile.retain_patient_characteristics)
    ESSAIM_RETURN_IF_ERROR(Code(*codes, "113108", "Retain Patient Characteristics Option"));
  ESSAIM_RETURN_IF_ERROR(Done(dataset.insert(codes.get(), OFTrue), "declare"));
  static_cast<void>(codes.release());  // the dataset's now
  return absl::OkStatus();
}

}  // namespace

std::string NewUid(const IdMaker& ids, std::string_view uid) {
  std::vector<std::string> uids = absl::StrSplit(Av(uid), '\\');
  for (std::string& each : uids) each = NewSingleUid(ids, each);
  return absl::StrJoin(uids, "\\");
}

absl::Status Deidentify(DcmDataset& dataset, const DeidentifyOptions& options) {
  ESSAIM_RETURN_IF_ERROR(Cleaner(options).Item(dataset));
  return Declare(dataset, options.profile);
}

}  // namespace essaim::dicom
