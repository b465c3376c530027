#pragma once

#include "sandbox/faults/fault.h"
#include "sandbox/journal.h"
#include "sandbox/route.h"

#include <optional>

namespace koppla::sandbox {

/// One vendor's API behind a face. Thread-safe.
class Vendor {
  public:
    virtual ~Vendor() = default;
    /// What is asked beyond /sandbox/; tells the journal what it costs.
    virtual Answer call(const http::Request& request, JournalEntry& entry) = 0;
    /// What is asked below it, but for the switches that every face has.
    virtual Answer control(const http::Request& request, const Path& path) = 0;
    [[nodiscard]] virtual Answer not_found() const = 0;

    /// Where in a download a request asks.
    [[nodiscard]] virtual Place place_of(const http::Request& request) const = 0;
    /// A fault in the vendor's words, or what it spoils before the request is carried out.
    virtual std::optional<Answer> strike_before(const Fault& fault, const http::Request& request) = 0;
    /// False: the answer has nothing that the fault could spoil.
    virtual bool strike_after(const Fault& fault, const http::Request& request, Answer& answer) = 0;
};

}  // namespace koppla::sandbox
