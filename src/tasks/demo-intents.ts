/**
 * The phrases that `unrolled demo` learns from: what people say to an everyday assistant, written for this project, by intent.
 * `demoQuestions` are asked afterwards; none of them is among the phrases.
 */
export const demoIntents: Readonly<Record<string, readonly string[]>> = {
  greet: phrases(`
    hello / hi / hey there / hi there, assistant / good morning / good evening / good afternoon to you /
    hey, nice to see you / hello again / greetings / howdy / hi, I am back / morning! / hey you / hello,
    anybody there? / hiya / what's up / yo / hello my friend / nice to meet you`),
  goodbye: phrases(`
    bye / goodbye / see you later / see you tomorrow / good night / I have to go now / talk to you soon /
    bye bye / catch you later / farewell / until next time / I'm leaving, take care / have a nice day / so
    long / that's it for today, bye / see you around / good night and sleep well / I am off to bed / later!`),
  thanks: phrases(`
    thanks / thank you / thank you very much / thanks a lot / many thanks for your help / that was helpful,
    thank you / I appreciate it / cheers, mate / great, thanks / that's very kind of you / thanks a million
    / thank you so much for that / you're the best, thanks / much appreciated / I am grateful for your help
    / thanks for the answer / perfect, thank you / ta very much`),
  ask_time: phrases(`
    what's the time / tell me the time / could you tell me the time please / do you know what time it is /
    can you tell me what time it is right now / what is the current time / what hour is it / is it already
    noon / how late is it / give me the time please / time please / what time is it in London / what's the
    time in New York at the moment / I need to know the time / what does the clock say / have you got the
    time / how late is it now / is it past six yet / show me the clock / what time do we have`),
  ask_date: phrases(`
    what's the date / what day is it / what is the date today / tell me today's date / which day of the week
    is it / is it Monday or Tuesday / what month is it / what day of the month is today / can you tell me
    the date / what date is tomorrow / which year is it / what day was yesterday / do you know which day we
    have / is today a holiday / what will the date be next Friday / is today the first of the month / which
    weekday is it today / give me the date please / when is Easter this year`),
  weather: phrases(`
    what is the weather like / how's the weather today / will it rain tomorrow / is it going to snow this
    weekend / do I need an umbrella / what is the temperature outside / how cold is it outside / weather
    forecast for Paris / is it sunny in Madrid / give me the weather report / how hot will it get today /
    should I take a coat / is there a storm coming / will it be windy this afternoon / what's the forecast
    for next week / is it raining / how many degrees is it in Berlin / will the sun shine tomorrow / is it
    warm enough for shorts / tell me if it will be cloudy tonight / are we getting any snow`),
  set_alarm: phrases(`
    set an alarm for seven / wake me up at six thirty / wake me at 7 am tomorrow / set the alarm to 6 o
    clock / alarm at half past five please / I need to get up at eight / please wake me tomorrow at nine /
    can you set an alarm for 5:45 / make sure I am awake by seven / set my alarm for Monday morning at six /
    create an alarm for noon / new alarm at 10 pm / get me out of bed at six / ring at 7:15 tomorrow morning
    / set a wake up call for 8 / I want to be woken at half past six / add an alarm for the early morning /
    put an alarm on for a quarter to seven / wake us up early on Sunday`),
  set_timer: phrases(`
    set a timer for ten minutes / start a timer / timer for 5 minutes please / count down from sixty seconds
    / start a countdown of three minutes / remind me in twenty minutes / give me a timer of half an hour /
    set the timer to 45 seconds / tell me when an hour has passed / egg timer, four minutes / start counting
    down two hours / put fifteen minutes on the clock / can you time me for a minute / let me know in ten
    minutes / timer one hour / create a timer for the pasta, 9 minutes / ping me after thirty seconds / set
    a 25 minute timer / start the kitchen timer for 12 minutes`),
  play_music: phrases(`
    play some music / play a song / put on some jazz / I want to hear the Beatles / play my favourite
    playlist / play something relaxing / start the radio / can you play Bohemian Rhapsody / put on a rock
    album / let's listen to some classical music / play the latest hits / I feel like listening to music /
    shuffle my songs / play the album Thriller / music please / could you put on a happy tune / play some
    piano by Chopin / turn on the radio / sing me a song / I would love to hear some blues / play dance
    music for the party`),
  stop: phrases(`
    stop / stop it / stop the music / pause / be quiet / shut up / cancel that / cancel / please stop
    playing / end it now / never mind / forget it / halt / that is enough / stop talking / quit that / abort
    / silence please / turn off the music / pause this song`),
  turn_on_light: phrases(`
    turn on the light / switch on the lights / lights on / turn the lamp on / put the lights on please / it
    is too dark in here / light up the kitchen / switch the bedroom lamp on / I need some light / could you
    turn on the light in the living room / make it bright in here / turn on the hall light / please switch
    on the lamp in the bathroom / lights please / I can't see anything, give me some light / turn on all the
    lamps / illuminate the garden / get the lights on in the garage / enable the desk lamp`),
  turn_off_light: phrases(`
    turn off the light / switch off the lights / lights off / turn the lamp off / lights out / it is too
    bright in here / make it dark please / switch the bedroom lamp off / put out the light / kill the lights
    / could you turn off the light in the living room / turn off all the lamps / please switch off the lamp
    in the bathroom / no more light please / turn the kitchen light off / I don't need the light any more /
    shut off the hall lights / darken the bedroom / disable the desk lamp`),
  joke: phrases(`
    tell me a joke / make me laugh / do you know a joke / say something funny / I want to hear a joke / tell
    me another one of your jokes / got any good jokes / cheer me up with a joke / know any puns / joke
    please / crack a joke / tell me something funny / can you be funny / give me your best joke / do you
    know any funny stories / I could use a laugh / a knock knock joke please / entertain me with a funny
    story / have you heard a good one lately`),
  name: phrases(`
    what's your name / what are you called / who are you / tell me your name / how should I call you / may I
    know your name / do you have a name / introduce yourself / what do people call you / what name do you go
    by / are you a robot or a person / who am I talking to / can you tell me who you are / what should I
    call you / is your name Robert / by what name are you known / what kind of program are you / please
    state your name`),
  how_are_you: phrases(`
    how are you / how's it going / how do you do / how are you doing / are you okay / how do you feel / are
    you well / how have you been / is everything fine with you / how was your day / feeling good today / how
    is life treating you / are you happy / you alright / how are things with you / are you in a good mood /
    did you sleep well / how goes it / tell me how you feel today`),
  translate: phrases(`
    translate hello into French / how do you say thank you in Spanish / what is the German word for bread /
    translate this sentence to Italian / say good morning in Japanese / what does bonjour mean in English /
    how would I say water in Greek / what's the Russian word for love / translate dog to Portuguese / what
    does gracias mean / can you translate this into English for me / how is house called in Dutch / I need a
    translation into Polish / give me the Chinese word for tea / what do the French say for cheese / put
    this text into Swedish / how do Italians say good night / translate from German to English please / tell
    me the Turkish for apple / what is cat in Latin`),
  directions: phrases(`
    how do I get to the station / show me the way to the airport / where is the nearest bank / navigate to
    the city centre / give me directions to the museum / which way to the beach / take me home / how far is
    it to Rome / find a route to the hospital / where can I find a petrol station / what is the fastest way
    to work / guide me to the next pharmacy / is there a supermarket near here / which bus goes to the
    harbour / how do I get home from here / lead me to the hotel / how long is the drive to the stadium /
    where is the library / I am lost, show me the way back / what is the best road to Vienna`),
  order_food: phrases(`
    order a pizza / I want to order some food / get me a burger with fries / I would like some sushi
    delivered / order Chinese for two / can you get me something to eat / I am hungry, order dinner / have a
    salad delivered to my house / two pizzas with mushrooms please / order my usual lunch / bring me a
    sandwich / I will have the chicken curry / could you order noodles for tonight / get us some takeaway /
    I feel like eating tacos, order some / one large coffee and a bagel please / place an order at the
    Indian restaurant / order breakfast for the family / send for some ice cream / I want a pepperoni pizza
    delivered`),
  news: phrases(`
    what's new in the world / tell me the news / read me the headlines / any news today / what happened
    today in politics / give me the latest news / what are the top stories / news please / what is in the
    papers this morning / latest headlines from Europe / is there any breaking news / I want to hear the
    sports news / what is going on in the world / update me on current events / read the business news /
    what are the papers saying / show me today's news stories / who won the election / what did I miss in
    the news`),
  volume_up: phrases(`
    turn it up / louder / louder please / turn up the volume / increase the volume / volume up / I can't
    hear it / make it louder / raise the volume a bit / crank it up / pump up the sound / more volume please
    / the music is too quiet / speak up / set the volume higher / could you speak a little louder / turn the
    sound up / put the radio a bit louder / give me maximum volume`),
  volume_down: phrases(`
    turn it down / quieter / quieter please / turn down the volume / decrease the volume / volume down /
    it's too loud / make it quieter / lower the volume a bit / not so loud / reduce the sound / less volume
    please / the music is too loud / can you speak more softly / set the volume lower / my ears hurt, play
    softer / turn the sound down / put the radio a bit quieter / keep it low, the baby is sleeping`),
  call_contact: phrases(`
    call my mother / phone John / ring Anna please / give my brother a call / dial the office / call Maria
    on her mobile / I want to call my dad / make a phone call to Peter / can you ring the doctor / start a
    video call with grandma / get me Susan on the phone / phone my wife / call the police / dial 555 1234 /
    call back the last number / I need to speak to my boss on the phone / please connect me with the bank /
    call a taxi / telephone Uncle Bob / ring up the dentist for me`),
  send_message: phrases(`
    send a message to Tom / text my sister that I am late / write an email to my boss / send Lisa a text /
    message Paul and say happy birthday / tell Emma by text that dinner is ready / text mum I love you /
    send a text message / write to John that I will be there soon / email the report to Sarah / drop a
    message to my friends / let Kate know I am on my way / reply that I agree / compose a new email / send
    my wife a note that I am at work / answer his message with yes / shoot Mark a text / new message to the
    team / send an email to the landlord about the heating`),
  calculate: phrases(`
    what is two plus two / calculate 15 times 7 / how much is 100 divided by 4 / what is the square root of
    81 / add 12 and 30 / subtract 9 from 50 / what is ten percent of 250 / multiply six by eight / how much
    is 3 plus 4 minus 2 / do some math for me / what do you get for 7 times 9 / compute 2 to the power of 10
    / divide 144 by 12 / what is half of 37 / sum up 5, 10 and 15 / how much is a third of ninety / work out
    18 minus 11 / what is 20 percent off 60 / solve 5 times 5 / how many is four dozen`),
  help: phrases(`
    help / help me / what can you do / I need help / how does this work / what are your functions / which
    commands do you know / can you help me please / show me what you can do / list all commands / what can I
    ask you / I do not know what to say / how do I use this / give me some instructions / explain how you
    work / what are your skills / I am stuck, assist me / what are my options here / teach me how to use you
    / open the manual`),
}

/** Questions for the trained demo with the intent that is meant; none of them is among `demoIntents`. */
export const demoQuestions: readonly { readonly text: string; readonly label: string }[] = [
  { text: 'What time is it?', label: 'ask_time' },
  { text: 'Will I need my umbrella in Lisbon tomorrow?', label: 'weather' },
  { text: 'Could you wake me up at a quarter past seven?', label: 'set_alarm' },
  { text: "How do you say 'good luck' in Finnish?", label: 'translate' },
  { text: 'Please play a few songs by Queen', label: 'play_music' },
  { text: 'Switch the lights off in the kitchen', label: 'turn_off_light' },
  { text: "What's 48 divided by 6?", label: 'calculate' },
  { text: 'How can I get to the train station from here?', label: 'directions' },
  { text: "I'd like to order two large pizzas", label: 'order_food' },
  { text: 'Do you know any good jokes?', label: 'joke' },
  { text: 'Send a text to Julia that I am running late', label: 'send_message' },
  { text: 'Thanks, you have been very helpful!', label: 'thanks' },
]

/** The same phrases as rows, ready for `train`. */
export const demoRows: readonly { readonly text: string; readonly label: string }[] = Object.entries(
  demoIntents,
).flatMap(([label, texts]) => texts.map((text) => ({ text, label })))

function phrases(text: string): string[] {
  return text.split('/').map((phrase) => phrase.trim().replace(/\s+/g, ' '))
}
