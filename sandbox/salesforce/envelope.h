#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// A SOAP request, as far as a login needs it: the operation, its plain fields, and the session in the
/// header. Without DTDs or entities of its own; depth and size are bounded.
class Envelope {
  public:
    static Result<Envelope> read(std::string_view xml);

    [[nodiscard]] const std::string& operation() const { return operation_; }
    /// Of SessionHeader; empty where there is none.
    [[nodiscard]] const std::string& session() const { return session_; }
    /// Empty where there is none.
    [[nodiscard]] std::string field(std::string_view name) const {
        const auto found = fields_.find(name);
        return found == fields_.end() ? std::string{} : found->second;
    }

  private:
    friend class EnvelopeReader;
    std::string operation_;
    std::string session_;
    std::map<std::string, std::string, std::less<>> fields_;
};

}  // namespace koppla::sandbox
