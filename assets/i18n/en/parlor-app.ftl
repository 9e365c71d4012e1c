### Parlor in English. The other languages have the same names, each with the same arguments.

app-name = Parlor

## Common

back = Back
close = Close
dismiss = Dismiss
cancel = Cancel
save = Save
copy = Copy
copied = Copied
files-copied = Copied. Paste them where you want them.
saved-copy = A copy is saved
undo = Undo
retry = Try again
more = More
today = Today
yesterday = Yesterday
speed = { $size }/s
left-seconds = { $count } s left
left-minutes = { $count } min left
left-hours = { $hours } h { $minutes } min left
you = You
unnamed = Somebody

## Opening

opening = Opening …
broken-title = Parlor cannot start
broken-text = What it keeps on this device cannot be read. Nothing was changed.
failed-title = This cannot be shown
failed-text = That is a fault of Parlor. Your messages and files are safe, and what is on its way goes on.
failed-back = Back to the rooms

## Welcome

welcome-title = Talk and share, device to device
welcome-text = No account. No server sees a word or a photo of yours.
welcome-name = Your name
welcome-hint = So that others know who you are
welcome-go = Start
avatar-title = How others see you
avatar-colour = Colour
avatar-colour-number = Colour { $number }
avatar-picture = Picture
avatar-letter = First letter of the name

## Home

home-title = Rooms
new-room = New room
join-room = Join
home-empty-title = Open a room, invite a friend
home-empty-text = They scan a code and you are connected, straight from your device to theirs.
name-separator = { ", " }
room-nobody = New room
last-nothing = Nobody has said anything yet
last-draft = Draft: { $text }
last-you = You: { $text }
last-other = { $name }: { $text }
photos = { $count ->
    [one] 1 photo
   *[other] { $count } photos
}
files = { $count ->
    [one] 1 file
   *[other] { $count } files
}
here-now = { $count ->
    [one] 1 person here
   *[other] { $count } people here
}
unread = { $count ->
    [one] 1 new
   *[other] { $count } new
}
room-broken = Cannot be opened
choose-room-title = Pick up where you left off
choose-room-text = Choose a room on the left, or open a new one.

## Join

join-title = Join a room
join-text = Paste the link you were given, or type the code.
join-label = Link or code
join-placeholder = 4821-amber-otter-canoe
join-go = Join
join-picture = Use a picture of a QR code
join-scan = Scan a QR code
join-drop = Or drop it here
join-busy = Asking to be let in …
problem-not-link = This is not an invite to Parlor. Ask for the link again, or type the code.
problem-lost-key = The link lost its last part, the key after the #. Ask for it again, in another app.
problem-damaged = The link is damaged or incomplete. Copy the whole of it again.
problem-newer = This link needs a newer Parlor. Update this app.
problem-too-long = This is far too long for an invite.
problem-link-server = The link names a server that cannot be used: { $reason }
problem-code-number = A code begins with its number, as in 4821-amber-otter-canoe.
problem-code-few = A code has three words after its number.
problem-code-many = A code has only three words after its number.
problem-code-word = No code has the word “{ $word }”.
problem-code-meant = No code has the word “{ $word }”. Is it “{ $meant }”?
problem-code-short = “{ $word }” is too little of a word. Type four letters of it.
problem-no-server = A code works with the server it was made on. Set one in the settings, or use the link or the QR code.
problem-server = The server in the settings cannot be used: { $reason }
problem-exchange = That did not work: { $reason }
problem-no-qr = There is no QR code to be seen in this picture.
problem-picture = This picture cannot be read: { $reason }

## Room

invite = Invite
room-menu = Room
room-empty-title = It is quiet in here
room-empty-text = Invite somebody, or drop photos here: they go out as soon as somebody comes.
compose-placeholder = Message
compose-send = Send
compose-photos = Photos
compose-files = Files
drop-here = Drop to share with everyone here
show-older = Earlier messages
state-pending = Storing …
state-waiting = Waiting for somebody to come
state-delivered = { $count ->
    [one] Delivered
   *[other] Delivered to { $count }
}
state-failed = Not sent: { $reason }
banner-outside = This room cannot be opened: { $reason }
banner-rejected = The server refused this room: { $reason }. Whoever is here stays connected.
banner-lost-company = No server. You are still connected; newcomers cannot join.
banner-lost-alone = No connection to the server. What you write is kept and goes out later.
preparing = Reading files … { $done } of { $total }
peer-connected = { $name }, connected
peer-connecting = { $name }, connecting
peer-away = { $name }, not here
reply = Reply
reply-stop = Do not reply
reply-unknown = A message that is not on this device
typing-one = { $name } is writing …
typing-two = { $name } and { $other } are writing …
typing-many = { $count } people are writing …

## Files

take = Accept
decline = Decline
take-after-all = Accept after all
pause = Pause
resume = Resume
open = Open
reveal = Show in folder
save-copy = Save a copy
share-out = Share
offer-asked = { $name } wants to send { $what }, { $size }
files-waiting = Goes out when somebody accepts it
files-moving = { $done } of { $total }
files-held-us = Paused
files-held-them = Paused by the other side
files-held-reason = Paused: { $reason }
files-done = Received
files-incomplete = { $failed } of { $count } did not arrive
files-sent = { $count ->
    [one] Sent to 1 person
   *[other] Sent to { $count } people
}
files-declined = Declined
files-cancelled-us = You cancelled this
files-cancelled-them = Cancelled by the other side
files-over = No longer on offer
photo-closer = Zoom in
photo-whole = Zoom out
photo-before = Previous photo
photo-after = Next photo
photo-problem = This photo cannot be shown here. Another app may show it.
file-failed = { $name }: { $reason }
files-more = + { $count }

## Invite

invite-title = Invite to this room
invite-scan = Scan this with a phone’s camera, or in Parlor
invite-code = Or type this code
invite-code-wait = Getting a code …
invite-code-none = A code needs the server, which is out of reach.
invite-new-code = New code
invite-copy-link = Copy link
invite-local = Works for people on your network.
invite-came = { $name } is here
invite-secret = Whoever has this can come in. Give it only to people you mean.
qr-label = QR code of the invite

## Peer

peer-path-near = On the same network, nothing in between
peer-path-direct = Straight through the internet
peer-path-relay = Through a relay that cannot read anything
peer-path-none = Not connected
peer-delay = { $ms } ms away
peer-verify-title = Are these the same on both screens?
peer-verify-text = Compare them with { $name }, by voice or side by side. If they match, nobody is in between.
peer-match = They match
peer-differ = They differ
peer-verified = Verified. It is the same device as when you compared.
peer-new = You meet this device for the first time.
peer-known = You have met this device before.
peer-name-taken = Careful: another device you know is called { $owner }.
peer-forget = Forget this device
block = Block
unblock = Unblock
block-text = A blocked device does not connect to yours, in any room. Others in the room still hear from it.
blocked = { $name } is blocked

## Room menu

menu-name = Name of the room
menu-name-hint = Only you see it
menu-forget = Leave and forget
menu-forget-text = Removes the room and everything said in it from this device. Received files stay.
forgetting = Room removed
forgetting-device = { $name } is forgotten

## Share

share-title = Send to …
share-what = { $count ->
    [one] 1 file is ready to go
   *[other] { $count } files are ready to go
}

## Transfers

transfers = Transfers
transfers-empty-title = Nothing on its way
transfers-empty-text = Photos and files you send and receive show up here.
transfers-now = { $count ->
    [one] 1 transfer under way
   *[other] { $count } transfers under way
}

## Settings

settings = Settings
settings-you = You
settings-name = Name
settings-look = Appearance
look-system = System
look-light = Light
look-dark = Dark
settings-language = Language
language-system = As the system
settings-receiving = Receiving
settings-folder = Save files to
settings-folder-default = Downloads
settings-change = Change
settings-accept = Accept without asking
accept-nobody = Never
accept-verified = From verified people
accept-known = From people I have met
accept-anyone = From anybody in the room
settings-any-kind = All kinds of files
settings-any-kind-text = Otherwise photos, films and sound only
settings-privacy = Privacy
settings-clean = Remove place and camera from photos
settings-clean-text = Photos go out without what they tell about you
settings-relay = Hide my address
settings-relay-text = Connects through a relay only, which is slower
settings-notify = Notifications
settings-typing = Show others when I am writing
settings-blocked = Blocked
settings-server = Server
settings-server-text = It introduces people to each other and sees nothing else. Empty: this device does it, for people on your network.
settings-about = About Parlor
settings-diagnostics = Diagnostics

## Diagnostics

diagnostics-text = For somebody who helps you. It holds no names, messages or keys.
diagnostics-copy = Copy report

## About

about-version = Version { $version }
about-text = People in a room hand each other words, photos and files, device to device. The server only introduces them.
about-licences = Made with the work of others
about-fonts = Inter and Noto Color Emoji, SIL Open Font License 1.1
about-icons = Lucide icons, ISC License
about-crates = Rust libraries under the MIT, Apache 2.0 and similar licences

## Licences

licences = Licences
licences-all = All of it, with the licences
licences-text = Parlor is made with this work of others, and owes them thanks. Each name opens the terms it comes with.
licences-others = Fonts, icons and words
licences-crates = Libraries
licences-source = Source: { $address }

## Toasts

trouble-room = The room cannot be opened: { $reason }
trouble-say = Not sent: { $reason }
trouble-prepare = { $name } cannot be sent: { $reason }
trouble-keep = Not saved: { $reason }
trouble-show = Cannot be shown: { $reason }
trouble-save = No copy was saved: { $reason }
trouble-share-out = Cannot be shared: { $reason }
trouble-camera = The camera cannot be used: { $reason }
trouble-clipboard = The clipboard cannot be used: { $reason }

## Emoji of the comparison, as people say them aloud

emoji-elephant = elephant
emoji-camel = camel
emoji-monkey = monkey
emoji-whale = whale
emoji-crab = crab
emoji-snake = snake
emoji-turtle = turtle
emoji-frog = frog
emoji-owl = owl
emoji-duck = duck
emoji-penguin = penguin
emoji-snail = snail
emoji-spider = spider
emoji-butterfly = butterfly
emoji-sheep = sheep
emoji-bat = bat
emoji-lemon = lemon
emoji-grapes = grapes
emoji-pineapple = pineapple
emoji-cherries = cherries
emoji-watermelon = watermelon
emoji-carrot = carrot
emoji-croissant = croissant
emoji-cheese = cheese
emoji-pizza = pizza
emoji-doughnut = doughnut
emoji-egg = egg
emoji-pepper = pepper
emoji-popcorn = popcorn
emoji-mushroom = mushroom
emoji-cactus = cactus
emoji-sunflower = sunflower
emoji-rainbow = rainbow
emoji-snowman = snowman
emoji-lightning = lightning
emoji-moon = moon
emoji-volcano = volcano
emoji-leaf = leaf
emoji-balloon = balloon
emoji-key = key
emoji-bell = bell
emoji-umbrella = umbrella
emoji-anchor = anchor
emoji-guitar = guitar
emoji-trumpet = trumpet
emoji-drum = drum
emoji-die = die
emoji-scissors = scissors
emoji-hammer = hammer
emoji-light-bulb = light bulb
emoji-candle = candle
emoji-alarm-clock = alarm clock
emoji-camera = camera
emoji-books = books
emoji-top-hat = top hat
emoji-crown = crown
emoji-glasses = glasses
emoji-telescope = telescope
emoji-bicycle = bicycle
emoji-rocket = rocket
emoji-train = train
emoji-sailboat = sailboat
emoji-helicopter = helicopter
emoji-tractor = tractor

## Pictures that people are shown by

emblem-dog = dog
emblem-tiger = tiger
emblem-lion = lion
emblem-bear = bear
emblem-panda = panda
emblem-koala = koala
emblem-pig = pig
emblem-monkey-face = monkey face
emblem-chicken = chicken
emblem-chick = chick
emblem-unicorn = unicorn
emblem-cow = cow
emblem-hamster = hamster
emblem-raccoon = raccoon
emblem-dragon = dragon
emblem-ladybird = ladybird
emblem-strawberry = strawberry
emblem-avocado = avocado
emblem-cookie = cookie
emblem-cupcake = cupcake
emblem-present = present
emblem-palette = palette
emblem-kite = kite
emblem-basketball = basketball
