#pragma once

#include "model/batch.h"
#include "model/conversion.h"
#include "model/schema.h"

#include <array>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace koppla::model {

/// What is done to a field's values on their way in, besides bringing them into their type's form.
enum class Treatment {
    standard,             ///< typed, instants in UTC
    date_only,            ///< of an instant, its date in UTC
    without_time_offset,  ///< of an instant, the clock's reading as the CRM sent it
    copy,                 ///< the text as the CRM sent it
    trim,                 ///< without blanks at both ends
    hash,                 ///< 64 hexadecimal digits that need the store's key: equal for equal values
    mask,                 ///< the first letter and ***
};

/// "default", "date-only", "without-time-offset", "copy-paste", "trim", "hash", "mask".
std::string_view name(Treatment treatment);
/// Whether the value isn't to be seen afterwards.
bool hides(Treatment treatment);
/// `invalid` for another word, and names them all.
Result<Treatment> treatment_named(std::string_view name);

/// `invalid` where the field can't be treated so.
Result<void> check_treatment(const FieldSchema& field, Treatment treatment);

/// The type by which a value is converted before it is treated.
Type converted_type(const Type& type, Treatment treatment);

using KeyedHash = std::function<std::array<char, 64>(std::string_view text)>;

/// Treats converted values in place; column i by treatments[i]. What a hash or a mask hides is taken out of
/// the rejects too.
void treat(Batch& batch, std::vector<RejectedRow>& rejected, std::span<const Treatment> treatments,
           const KeyedHash& hash);

}  // namespace koppla::model
