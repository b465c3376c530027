#pragma once

#include "sandbox/faults/fault.h"
#include "sandbox/route.h"
#include "sandbox/web/json.h"

#include <functional>
#include <string_view>

namespace koppla::sandbox {

/// Whether a fault of that kind can spoil a column; where the fault names one, whether it is that.
using Suits = std::function<bool(const Fault& fault, std::string_view column)>;

/// How a vendor's JSON pages lie.
struct PageForm {
    std::string_view rows;  ///< the member that holds them: "records"
    std::string_view added_column;
    /// Of the page with this first row; nothing that can be called where it has none.
    std::function<Suits(const Json& row)> suits_of;
};

/// Spoils a page of rows. False where it has no field that suits.
bool spoil_json(const PageForm& form, const Fault& fault, Answer& answer);
/// The same for CSV, every cell quoted.
bool spoil_csv(const Suits& suits, std::string_view added_column, const Fault& fault, Answer& answer);

}  // namespace koppla::sandbox
