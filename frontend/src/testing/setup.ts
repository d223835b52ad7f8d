// Runs before every unit test.
import { i18n } from '@lingui/core'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

i18n.setMessagesCompiler(compileMessage)
i18n.load('en-GB', {})
i18n.activate('en-GB')

afterEach(cleanup)

// A busy machine is no failure.
configure({ asyncUtilTimeout: 5_000 })

// happy-dom has no top layer.
HTMLElement.prototype.showPopover ??= () => {}
HTMLElement.prototype.hidePopover ??= () => {}
