#pragma once

#include "sandbox/entra/asked.h"

#include <optional>
#include <string>

namespace koppla::sandbox::entra {

/// What is wrong with a client's assertion, looked for in the documented order: shape, algorithm,
/// certificate, signature, issuer and subject, audience, times. Nothing: it is the app's. [Microsoft Entra:
/// certificate credentials]
std::optional<Refusal> assertion_problem(Authority& authority, const Asked& asked,
                                         const std::string& assertion);

}  // namespace koppla::sandbox::entra
